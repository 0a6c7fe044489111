using System.Collections;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard.Protocol;
using Google.Protobuf.WellKnownTypes;
using HealthStatus = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;
using Protocol = Aspire.Hosting.Dashboard.Protocol;

namespace Aspire.Hosting.Dashboard;

/// <summary>From snapshots to the messages of the resource service.</summary>
internal static class ResourceMapper
{
    public static Protocol.Resource Map(ResourceEvent update)
    {
        var snapshot = update.Snapshot;

        var message = new Protocol.Resource
        {
            Name = update.ResourceId,
            DisplayName = update.Resource.Name,
            Uid = update.ResourceId,
            ResourceType = snapshot.ResourceType,
            CreatedAt = Time(snapshot.CreationTimeStamp),
            StartedAt = Time(snapshot.StartTimeStamp),
            StoppedAt = Time(snapshot.StopTimeStamp),
            IsHidden = snapshot.IsHidden,
        };

        if (snapshot.State is { } state)
        {
            message.State = state.Text;

            if (state.Style is not null)
            {
                message.StateStyle = state.Style;
            }
        }

        if (snapshot.IconName is not null)
        {
            message.IconName = snapshot.IconName;
            message.IconVariant = Icon(snapshot.IconVariant);
        }

        message.Environment.AddRange(snapshot.EnvironmentVariables.Select(Map));
        message.Urls.AddRange(snapshot.Urls.Select(Map));
        message.Volumes.AddRange(snapshot.Volumes.Select(v => new Volume { Source = v.Source ?? "", Target = v.Target, MountType = v.MountType, IsReadOnly = v.IsReadOnly }));
        message.HealthReports.AddRange(snapshot.HealthReports.Select(Map));
        message.Relationships.AddRange(snapshot.Relationships.Select(r => new ResourceRelationship { ResourceName = r.ResourceName, Type = r.Type }));
        message.Commands.AddRange(snapshot.Commands.Select(Map));
        message.Properties.AddRange(OwnProperties(update).Concat(snapshot.Properties).Select(Map));
        return message;
    }

    public static ResourceCommandResponse Map(ExecuteCommandResult result)
    {
        var response = new ResourceCommandResponse
        {
            Kind = result switch
            {
                { Success: true } => ResourceCommandResponseKind.Succeeded,
                { Canceled: true } => ResourceCommandResponseKind.Cancelled,
                _ => ResourceCommandResponseKind.Failed,
            },
        };

        if (result.Message is not null)
        {
            response.Message = result.Message;
        }

        if (result.Data is { } data)
        {
            response.Result = new()
            {
                Value = data.Value,
                DisplayImmediately = data.DisplayImmediately,
                Format = data.Format switch
                {
                    ApplicationModel.CommandResultFormat.Json => Protocol.CommandResultFormat.Json,
                    ApplicationModel.CommandResultFormat.Markdown => Protocol.CommandResultFormat.Markdown,
                    _ => Protocol.CommandResultFormat.Text,
                },
            };
        }

        return response;
    }

    /// <summary>What the details pane shows of every resource.</summary>
    private static IEnumerable<ResourcePropertySnapshot> OwnProperties(ResourceEvent update) =>
    [
        new("resource.uid", update.ResourceId),
        new("resource.name", update.ResourceId),
        new("resource.displayName", update.Resource.Name),
        new("resource.type", update.Snapshot.ResourceType),
        new("resource.state", update.Snapshot.State?.Text),
        new("resource.exitCode", update.Snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture)),
        new("resource.createTime", update.Snapshot.CreationTimeStamp?.ToString("O")),
        new("resource.startTime", update.Snapshot.StartTimeStamp?.ToString("O")),
        new("resource.stopTime", update.Snapshot.StopTimeStamp?.ToString("O")),
        new("resource.healthState", update.Snapshot.HealthStatus?.ToString()),
    ];

    private static ResourceProperty Map(ResourcePropertySnapshot property)
    {
        var message = new ResourceProperty
        {
            Name = property.Name,
            Value = Value(property.Value),
            IsSensitive = property.IsSensitive,
            IsHighlighted = property.IsHighlighted,
        };

        if (property.DisplayName is not null)
        {
            message.DisplayName = property.DisplayName;
        }

        return message;
    }

    private static Protocol.EnvironmentVariable Map(EnvironmentVariableSnapshot variable)
    {
        var message = new Protocol.EnvironmentVariable { Name = variable.Name, IsFromSpec = variable.IsFromSpec };

        if (variable.Value is not null)
        {
            message.Value = variable.Value;
        }

        return message;
    }

    private static Url Map(UrlSnapshot url)
    {
        var message = new Url
        {
            FullUrl = url.Url,
            IsInternal = url.IsInternal,
            IsInactive = url.IsInactive,
            DisplayProperties = new() { DisplayName = url.DisplayProperties.DisplayName, SortOrder = url.DisplayProperties.SortOrder },
        };

        if (url.Name is not null)
        {
            message.EndpointName = url.Name;
        }

        return message;
    }

    private static Protocol.HealthReport Map(HealthReportSnapshot report)
    {
        var message = new Protocol.HealthReport
        {
            Key = report.Name,
            Description = report.Description ?? "",
            Exception = report.ExceptionText ?? "",
            LastRunAt = Time(report.LastRunAt),
        };

        if (report.Status is { } status)
        {
            message.Status = status switch
            {
                HealthStatus.Healthy => Protocol.HealthStatus.Healthy,
                HealthStatus.Degraded => Protocol.HealthStatus.Degraded,
                _ => Protocol.HealthStatus.Unhealthy,
            };
        }

        return message;
    }

    private static Protocol.ResourceCommand Map(ResourceCommandSnapshot command)
    {
        var message = new Protocol.ResourceCommand
        {
            Name = command.Name,
            DisplayName = command.DisplayName,
            DisplayDescription = command.DisplayDescription ?? "",
            IsHighlighted = command.IsHighlighted,
            State = command.State switch
            {
                ApplicationModel.ResourceCommandState.Enabled => Protocol.ResourceCommandState.Enabled,
                ApplicationModel.ResourceCommandState.Disabled => Protocol.ResourceCommandState.Disabled,
                _ => Protocol.ResourceCommandState.Hidden,
            },
        };

        if (command.ConfirmationMessage is not null)
        {
            message.ConfirmationMessage = command.ConfirmationMessage;
        }

        if (command.IconName is not null)
        {
            message.IconName = command.IconName;
            message.IconVariant = Icon(command.IconVariant);
        }

        return message;
    }

    private static Protocol.IconVariant Icon(ApplicationModel.IconVariant? variant) =>
        variant is ApplicationModel.IconVariant.Filled ? Protocol.IconVariant.Filled : Protocol.IconVariant.Regular;

    private static Timestamp? Time(DateTime? time) => time is { } value ? Timestamp.FromDateTime(value.ToUniversalTime()) : null;

    private static Value Value(object? value) => value switch
    {
        null => Google.Protobuf.WellKnownTypes.Value.ForNull(),
        string text => Google.Protobuf.WellKnownTypes.Value.ForString(text),
        int number => Google.Protobuf.WellKnownTypes.Value.ForNumber(number),
        IEnumerable many => Google.Protobuf.WellKnownTypes.Value.ForList([.. many.Cast<object?>().Select(Value)]),
        _ => Google.Protobuf.WellKnownTypes.Value.ForString(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };
}
