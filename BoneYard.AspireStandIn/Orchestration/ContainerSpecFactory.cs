using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Orchestration;

/// <summary>Turns a container resource, with all its annotations, into the object that DCP makes a container of.</summary>
internal sealed class ContainerSpecFactory(DistributedApplicationExecutionContext executionContext)
{
    public async Task<DcpContainer> CreateAsync(ContainerResource resource, string objectName, string network, CancellationToken cancellationToken)
    {
        var resolve = new ValueResolver(new() { Caller = resource, ExecutionContext = executionContext }, cancellationToken);
        var image = resource.Annotations.OfType<ContainerImageAnnotation>().LastOrDefault()
            ?? throw new DistributedApplicationException($"Container '{resource.Name}' has neither an image nor a Dockerfile.");
        var build = resource.Annotations.OfType<DockerfileBuildAnnotation>().LastOrDefault() is { } dockerfile
            ? await BuildContextAsync(resource, dockerfile, resolve).ConfigureAwait(false)
            : null;

        return new DcpContainer
        {
            Metadata = { Name = objectName, Annotations = new() { ["service-producer"] = ServiceProducer(resource) } },
            Spec =
            {
                Image = build is null ? NameOf(image) : $"{image.Image}:{TagOf(build)}",
                Build = build,
                ContainerName = resource.Annotations.OfType<ContainerNameAnnotation>().LastOrDefault()?.Name ?? objectName,
                Command = resource.Entrypoint,
                Args = await ArgumentsAsync(resource, resolve, cancellationToken).ConfigureAwait(false),
                Env = await EnvironmentAsync(resource, resolve, cancellationToken).ConfigureAwait(false),
                Ports = [.. resource.Annotations.OfType<EndpointAnnotation>().Select(PortOf)],
                VolumeMounts = [.. resource.Annotations.OfType<ContainerMountAnnotation>().Select(mount => MountOf(resource, mount))],
                Networks = [new(network, [resource.Name.ToLowerInvariant(), $"{resource.Name.ToLowerInvariant()}.dev.internal"])],
                RunArgs = await RuntimeArgumentsAsync(resource, resolve, cancellationToken).ConfigureAwait(false),
            },
        };
    }

    private static string NameOf(ContainerImageAnnotation image) =>
        $"{(image.Registry is null ? "" : $"{image.Registry}/")}{image.Image}:{image.Tag ?? "latest"}";

    private static DcpContainer.Port PortOf(EndpointAnnotation endpoint) => new(
        endpoint.TargetPort!.Value,
        endpoint.IsProxied ? null : endpoint.Port,
        endpoint.TargetHost is "localhost" ? null : endpoint.TargetHost,
        EndpointAllocator.ProtocolOf(endpoint));

    /// <summary>Two AppHosts at once, or one in two modes, must not start the image that the other has just built.</summary>
    private static string TagOf(DcpContainer.BuildContext build) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(build)))[..12];

    private static string ServiceProducer(ContainerResource resource) => JsonSerializer.Serialize(
        resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.IsProxied).Select(e => new
        {
            serviceName = EndpointAllocator.ServiceNameOf(resource, e),
            address = "localhost",
            port = e.TargetPort,
        }));

    private static async Task<DcpContainer.BuildContext> BuildContextAsync(ContainerResource resource, DockerfileBuildAnnotation build, ValueResolver resolve)
    {
        if (!File.Exists(build.DockerfilePath))
        {
            throw new DistributedApplicationException($"The Dockerfile of '{resource.Name}' is missing: {build.DockerfilePath}.");
        }

        List<DcpEnvVar> args = [];

        foreach (var (name, value) in build.BuildArguments.Where(argument => argument.Value is not null))
        {
            args.Add(new(name, await resolve.TextAsync(value!).ConfigureAwait(false)));
        }

        return new(build.ContextPath, build.DockerfilePath, build.Stage, args);
    }

    /// <summary>DCP would make a folder of a missing source, and so hide the mistake.</summary>
    private static DcpContainer.Mount MountOf(ContainerResource resource, ContainerMountAnnotation mount) => mount.Type switch
    {
        ContainerMountType.Volume => new("volume", mount.Source, mount.Target, mount.IsReadOnly),
        _ when Path.Exists(mount.Source) => new("bind", mount.Source, mount.Target, mount.IsReadOnly),
        _ => throw new DistributedApplicationException($"Container '{resource.Name}' is to mount '{mount.Source}' at '{mount.Target}', but there is no such file or folder."),
    };

    private async Task<List<DcpEnvVar>> EnvironmentAsync(ContainerResource resource, ValueResolver resolve, CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(executionContext, resource, cancellationToken: cancellationToken);

        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(context).ConfigureAwait(false);
        }

        var texts = await Task.WhenAll(context.EnvironmentVariables.Values.Select(resolve.TextAsync)).ConfigureAwait(false);
        return [.. context.EnvironmentVariables.Keys.Zip(texts, (name, text) => new DcpEnvVar(name, text))];
    }

    private static async Task<List<string>> ArgumentsAsync(ContainerResource resource, ValueResolver resolve, CancellationToken cancellationToken)
    {
        var context = new CommandLineArgsCallbackContext([], resource, cancellationToken);

        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
        {
            await annotation.Callback(context).ConfigureAwait(false);
        }

        return [.. await Task.WhenAll(context.Args.Select(resolve.TextAsync)).ConfigureAwait(false)];
    }

    private static async Task<List<string>> RuntimeArgumentsAsync(ContainerResource resource, ValueResolver resolve, CancellationToken cancellationToken)
    {
        var context = new ContainerRuntimeArgsCallbackContext([], cancellationToken);

        foreach (var annotation in resource.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>())
        {
            await annotation.Callback(context).ConfigureAwait(false);
        }

        return [.. await Task.WhenAll(context.Args.Select(resolve.TextAsync)).ConfigureAwait(false)];
    }

    /// <summary>Text as it is; anything else resolved as its user sees it.</summary>
    private sealed class ValueResolver(ValueProviderContext context, CancellationToken cancellationToken)
    {
        public async Task<string> TextAsync(object value) => value switch
        {
            string text => text,
            HostUrl host => OtlpTunnel.InContainers(host.Url),
            IValueProvider provider => await provider.GetValueAsync(context, cancellationToken).ConfigureAwait(false) ?? "",
            IResourceBuilder<IResource> { Resource: IValueProvider provider } => await provider.GetValueAsync(context, cancellationToken).ConfigureAwait(false) ?? "",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
    }
}
