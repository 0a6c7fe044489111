using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

public enum EndpointProperty
{
    Url,
    Host,
    IPV4Host,
    Port,
    Scheme,
    TargetPort,
    HostAndPort,
}

/// <summary>A port that a resource offers. It gets one address for each network from which it can be used.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    private readonly ConcurrentDictionary<NetworkIdentifier, TaskCompletionSource<AllocatedEndpoint>> _allocated = new();

    public EndpointAnnotation(
        ProtocolType protocol,
        string? uriScheme = null,
        string? transport = null,
        string? name = null,
        int? port = null,
        int? targetPort = null,
        bool? isExternal = null,
        bool? isProxied = null)
    {
        Protocol = protocol;
        UriScheme = uriScheme ?? protocol.ToString().ToLowerInvariant();
        Transport = transport ?? (UriScheme is "http" or "https" ? "http" : UriScheme);
        Name = name ?? UriScheme;
        Port = port;
        TargetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsProxied = isProxied ?? true;
    }

    public string Name { get; set; }

    public ProtocolType Protocol { get; set; }

    public string UriScheme { get; set; }

    public string Transport { get; set; }

    /// <summary>The port on the host; null lets the orchestrator choose a free one.</summary>
    public int? Port { get; set; }

    /// <summary>The port on which the resource itself listens.</summary>
    public int? TargetPort { get; set; }

    public string TargetHost { get; set; } = "localhost";

    public bool IsExternal { get; set; }

    public bool IsProxied { get; set; }

    public bool ExcludeReferenceEndpoint { get; set; }

    /// <summary>The address on the host's loopback; null until it is known.</summary>
    public AllocatedEndpoint? AllocatedEndpoint
    {
        get => Source(KnownNetworkIdentifiers.LocalhostNetwork).Task is { IsCompletedSuccessfully: true } task ? task.Result : null;
        set => Allocate(KnownNetworkIdentifiers.LocalhostNetwork, value ?? throw new ArgumentNullException(nameof(value)));
    }

    internal void Allocate(NetworkIdentifier network, AllocatedEndpoint endpoint)
    {
        if (!Source(network).TrySetResult(endpoint))
        {
            var renewed = new TaskCompletionSource<AllocatedEndpoint>(TaskCreationOptions.RunContinuationsAsynchronously);
            renewed.SetResult(endpoint);
            _allocated[network] = renewed;
        }
    }

    internal Task<AllocatedEndpoint> AllocatedOn(NetworkIdentifier network, CancellationToken cancellationToken) =>
        Source(network).Task.WaitAsync(cancellationToken);

    private TaskCompletionSource<AllocatedEndpoint> Source(NetworkIdentifier network) =>
        _allocated.GetOrAdd(network, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}

public class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port, string? targetPortExpression = null)
{
    public EndpointAnnotation Endpoint { get; } = endpoint;

    public string Address { get; } = address;

    public int Port { get; } = port;

    public string? TargetPortExpression { get; } = targetPortExpression;

    public string UriScheme => Endpoint.UriScheme;

    public string EndPointString => $"{Address}:{Port.ToString(CultureInfo.InvariantCulture)}";

    public string UriString => $"{UriScheme}://{EndPointString}";

    public override string ToString() => UriString;
}

/// <summary>Names an endpoint of a resource, before it has an address and after.</summary>
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName) : IExpressionValue, IValueWithReferences
{
    public IResourceWithEndpoints Resource { get; } = owner;

    public string EndpointName { get; } = endpointName;

    public EndpointAnnotation EndpointAnnotation => Find() ?? throw new InvalidOperationException(
        $"Resource '{Resource.Name}' has no endpoint '{EndpointName}'. Add it with WithEndpoint or WithHttpEndpoint, or name one of: {string.Join(", ", Resource.Annotations.OfType<EndpointAnnotation>().Select(e => e.Name))}.");

    public bool Exists => Find() is not null;

    public bool IsAllocated => Find()?.AllocatedEndpoint is not null;

    public bool IsHttp => Scheme is "http";

    public bool IsHttps => Scheme is "https";

    public string Scheme => EndpointAnnotation.UriScheme;

    public int? TargetPort => EndpointAnnotation.TargetPort;

    public string Host => Allocated.Address;

    public int Port => Allocated.Port;

    public string Url => Allocated.UriString;

    public string ValueExpression => Property(EndpointProperty.Url).ValueExpression;

    IEnumerable<object> IValueWithReferences.References => [Resource];

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(cancellationToken);

    public ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(context, cancellationToken);

    private AllocatedEndpoint Allocated => EndpointAnnotation.AllocatedEndpoint ?? throw new InvalidOperationException(
        $"Endpoint '{EndpointName}' of resource '{Resource.Name}' has no address yet. Wait for the resource to start.");

    private EndpointAnnotation? Find() =>
        Resource.Annotations.OfType<EndpointAnnotation>().LastOrDefault(e => e.Name.Equals(EndpointName, StringComparison.OrdinalIgnoreCase));
}

public class EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property) : IExpressionValue, IValueWithReferences
{
    public EndpointReference Endpoint { get; } = endpointReference;

    public EndpointProperty Property { get; } = property;

    public string ValueExpression => Property is EndpointProperty.Url
        ? $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.url}}"
        : $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{Property.ToString().ToLowerInvariant()}}}";

    IEnumerable<object> IValueWithReferences.References => [Endpoint];

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => GetValueAsync(new(), cancellationToken);

    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default)
    {
        var annotation = Endpoint.EndpointAnnotation;

        if (Property is EndpointProperty.Scheme)
        {
            return annotation.UriScheme;
        }

        if (Property is EndpointProperty.TargetPort && annotation.TargetPort is { } targetPort)
        {
            return targetPort.ToString(CultureInfo.InvariantCulture);
        }

        var allocated = await annotation.AllocatedOn(context.EffectiveNetwork, cancellationToken).ConfigureAwait(false);

        return Property switch
        {
            EndpointProperty.Url => allocated.UriString,
            EndpointProperty.Host => allocated.Address,
            EndpointProperty.IPV4Host => allocated.Address is "localhost" ? "127.0.0.1" : allocated.Address,
            EndpointProperty.HostAndPort => allocated.EndPointString,
            EndpointProperty.Port or EndpointProperty.TargetPort => allocated.Port.ToString(CultureInfo.InvariantCulture),
            _ => throw new InvalidOperationException($"Endpoint '{Endpoint.EndpointName}' of '{Endpoint.Resource.Name}' has no property '{Property}'."),
        };
    }
}
