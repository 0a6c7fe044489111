using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

public enum ResourceCommandState
{
    Enabled,
    Disabled,
    Hidden,
}

public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
}

public class CommandOptions
{
    public string? Description { get; set; }

    public string? ConfirmationMessage { get; set; }

    public string? IconName { get; set; }

    public IconVariant? IconVariant { get; set; }

    public bool IsHighlighted { get; set; }

    public Func<UpdateCommandStateContext, ResourceCommandState>? UpdateState { get; set; }
}

public sealed class UpdateCommandStateContext
{
    public required CustomResourceSnapshot ResourceSnapshot { get; init; }

    public required IServiceProvider ServiceProvider { get; init; }
}

public sealed class ExecuteCommandContext
{
    public required IServiceProvider ServiceProvider { get; init; }

    public required string ResourceName { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    public required ILogger Logger { get; init; }
}

public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }

    public bool Canceled { get; init; }

    public string? Message { get; init; }

    public CommandResultData? Data { get; init; }
}

public enum CommandResultFormat
{
    Text,
    Json,
    Markdown,
}

public sealed class CommandResultData
{
    public required string Value { get; init; }

    public CommandResultFormat Format { get; init; }

    public bool DisplayImmediately { get; init; }
}

public static class CommandResults
{
    public static ExecuteCommandResult Success() => new() { Success = true };

    public static ExecuteCommandResult Success(string message) => new() { Success = true, Message = message };

    public static ExecuteCommandResult Success(string message, CommandResultData value) => new() { Success = true, Message = message, Data = value };

    public static ExecuteCommandResult Failure(string? errorMessage = null) => new() { Success = false, Message = errorMessage };

    public static ExecuteCommandResult Failure(Exception exception) => Failure(exception.Message);

    public static ExecuteCommandResult Canceled() => new() { Success = false, Canceled = true };
}

public sealed class ResourceCommandAnnotation : IResourceAnnotation
{
    internal ResourceCommandAnnotation(
        string name,
        string displayName,
        Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand,
        CommandOptions options)
    {
        Name = name;
        DisplayName = displayName;
        ExecuteCommand = executeCommand;
        UpdateState = options.UpdateState ?? (_ => ResourceCommandState.Enabled);
        DisplayDescription = options.Description;
        ConfirmationMessage = options.ConfirmationMessage;
        IconName = options.IconName;
        IconVariant = options.IconVariant;
        IsHighlighted = options.IsHighlighted;
    }

    public string Name { get; }

    public string DisplayName { get; }

    public string? DisplayDescription { get; }

    public string? ConfirmationMessage { get; }

    public string? IconName { get; }

    public IconVariant? IconVariant { get; }

    public bool IsHighlighted { get; }

    public Func<UpdateCommandStateContext, ResourceCommandState> UpdateState { get; }

    public Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ExecuteCommand { get; }

    internal ResourceCommandSnapshot ToSnapshot(CustomResourceSnapshot resource, IServiceProvider services) => new(
        Name,
        UpdateState(new() { ResourceSnapshot = resource, ServiceProvider = services }),
        DisplayName, DisplayDescription, Parameter: null, ConfirmationMessage, IconName, IconVariant, IsHighlighted);
}

/// <summary>Runs the commands of resources, for the dashboard and for tests.</summary>
public class ResourceCommandService
{
    private readonly IServiceProvider _services;

    internal ResourceCommandService(IServiceProvider services) => _services = services;

    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(resource, commandName, cancellationToken);

    /// <param name="resourceId">The name of a resource, or the id of its one instance.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        _services.GetRequiredService<ResourceNotificationService>().TryGetCurrentState(resourceId, out var current)
            ? await ExecuteAsync(current.Resource, commandName, cancellationToken).ConfigureAwait(false)
            : CommandResults.Failure($"There is no resource '{resourceId}'.");

    private async Task<ExecuteCommandResult> ExecuteAsync(IResource resource, string commandName, CancellationToken cancellationToken)
    {
        var command = resource.Annotations.OfType<ResourceCommandAnnotation>().LastOrDefault(c => c.Name == commandName);

        if (command is null)
        {
            return CommandResults.Failure($"Resource '{resource.Name}' has no command '{commandName}'.");
        }

        var logger = _services.GetRequiredService<ResourceLoggerService>().GetLogger(resource);

        try
        {
            var result = await command.ExecuteCommand(new()
            {
                ServiceProvider = _services,
                ResourceName = resource.Name,
                CancellationToken = cancellationToken,
                Logger = logger,
            }).ConfigureAwait(false);

            if (result is { Success: false, Canceled: false })
            {
                logger.LogError("Command '{Command}' failed: {Message}", commandName, result.Message);
            }

            return result;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return CommandResults.Canceled();
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "Command '{Command}' failed.", commandName);
            return CommandResults.Failure(exception);
        }
    }
}
