namespace Aspire.Hosting.ApplicationModel
{
    public class ContainerResource(string name, string? entrypoint = null)
        : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
    {
        public string? Entrypoint { get; set; } = entrypoint;
    }

    public sealed class ContainerImageAnnotation : IResourceAnnotation
    {
        public string? Registry { get; set; }

        public required string Image { get; set; }

        public string? Tag { get; set; }
    }

    public enum ContainerMountType
    {
        BindMount,
        Volume,
    }

    public sealed class ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly) : IResourceAnnotation
    {
        public string? Source { get; } = source;

        public string Target { get; } = target;

        public ContainerMountType Type { get; } = type;

        public bool IsReadOnly { get; } = isReadOnly;
    }

    public sealed class ContainerNameAnnotation : IResourceAnnotation
    {
        public required string Name { get; set; }
    }

    public class DockerfileBuildAnnotation(string contextPath, string dockerfilePath, string? stage) : IResourceAnnotation
    {
        public string ContextPath { get; } = contextPath;

        public string DockerfilePath { get; } = dockerfilePath;

        public string? Stage { get; } = stage;

        /// <summary>Text, or a value provider that is resolved just before the build; null takes the Dockerfile's default.</summary>
        public Dictionary<string, object?> BuildArguments { get; } = [];
    }

    public sealed class ContainerRuntimeArgsCallbackAnnotation(Func<ContainerRuntimeArgsCallbackContext, Task> callback) : IResourceAnnotation
    {
        public Func<ContainerRuntimeArgsCallbackContext, Task> Callback { get; } = callback;
    }

    public sealed class ContainerRuntimeArgsCallbackContext(IList<object> args, CancellationToken cancellationToken = default)
    {
        public IList<object> Args { get; } = args;

        public CancellationToken CancellationToken { get; } = cancellationToken;
    }
}

namespace Aspire.Hosting
{
    using ApplicationModel;

    public static class ContainerResourceBuilderExtensions
    {
        public static IResourceBuilder<ContainerResource> AddContainer(this IDistributedApplicationBuilder builder, string name, string image) =>
            builder.AddResource(new ContainerResource(name)).WithImage(image);

        public static IResourceBuilder<ContainerResource> AddContainer(this IDistributedApplicationBuilder builder, string name, string image, string tag) =>
            builder.AddResource(new ContainerResource(name)).WithImage(image, tag);

        public static IResourceBuilder<ContainerResource> AddDockerfile(this IDistributedApplicationBuilder builder, string name, string contextPath, string? dockerfilePath = null, string? stage = null) =>
            builder.AddResource(new ContainerResource(name)).WithDockerfile(contextPath, dockerfilePath, stage);

        /// <param name="contextPath">The build context; relative to the folder of the AppHost.</param>
        /// <param name="dockerfilePath">Relative to the context; null means <c>Dockerfile</c>.</param>
        public static IResourceBuilder<T> WithDockerfile<T>(this IResourceBuilder<T> builder, string contextPath, string? dockerfilePath = null, string? stage = null)
            where T : ContainerResource
        {
            var context = Path.GetFullPath(contextPath, builder.ApplicationBuilder.AppHostDirectory);

            return builder
                .WithAnnotation(new DockerfileBuildAnnotation(context, Path.GetFullPath(dockerfilePath ?? "Dockerfile", context), stage), ResourceAnnotationMutationBehavior.Replace)
                .WithAnnotation(new ContainerImageAnnotation { Image = builder.Resource.Name.ToLowerInvariant() }, ResourceAnnotationMutationBehavior.Replace);
        }

        public static IResourceBuilder<T> WithImage<T>(this IResourceBuilder<T> builder, string image, string? tag = null) where T : ContainerResource
        {
            var colon = image.LastIndexOf(':') is var at && at > image.LastIndexOf('/') ? at : -1;

            return builder.WithAnnotation(
                new ContainerImageAnnotation
                {
                    Image = colon < 0 ? image : image[..colon],
                    Tag = tag ?? (colon < 0 ? "latest" : image[(colon + 1)..]),
                },
                ResourceAnnotationMutationBehavior.Replace);
        }

        public static IResourceBuilder<T> WithBindMount<T>(this IResourceBuilder<T> builder, string source, string target, bool isReadOnly = false) where T : ContainerResource =>
            builder.WithAnnotation(new ContainerMountAnnotation(
                Path.GetFullPath(source, builder.ApplicationBuilder.AppHostDirectory), target, ContainerMountType.BindMount, isReadOnly));

        public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string? name, string target, bool isReadOnly = false) where T : ContainerResource =>
            builder.WithAnnotation(new ContainerMountAnnotation(name, target, ContainerMountType.Volume, isReadOnly));

        public static IResourceBuilder<T> WithEntrypoint<T>(this IResourceBuilder<T> builder, string entrypoint) where T : ContainerResource
        {
            builder.Resource.Entrypoint = entrypoint;
            return builder;
        }

        public static IResourceBuilder<T> WithContainerName<T>(this IResourceBuilder<T> builder, string name) where T : ContainerResource =>
            builder.WithAnnotation(new ContainerNameAnnotation { Name = name }, ResourceAnnotationMutationBehavior.Replace);

        /// <summary>Arguments for <c>docker create</c>, placed before the image.</summary>
        public static IResourceBuilder<T> WithContainerRuntimeArgs<T>(this IResourceBuilder<T> builder, params string[] args) where T : ContainerResource =>
            builder.WithContainerRuntimeArgs(context =>
            {
                foreach (var arg in args)
                {
                    context.Args.Add(arg);
                }
            });

        public static IResourceBuilder<T> WithContainerRuntimeArgs<T>(this IResourceBuilder<T> builder, Action<ContainerRuntimeArgsCallbackContext> callback) where T : ContainerResource =>
            builder.WithContainerRuntimeArgs(context =>
            {
                callback(context);
                return Task.CompletedTask;
            });

        public static IResourceBuilder<T> WithContainerRuntimeArgs<T>(this IResourceBuilder<T> builder, Func<ContainerRuntimeArgsCallbackContext, Task> callback) where T : ContainerResource =>
            builder.WithAnnotation(new ContainerRuntimeArgsCallbackAnnotation(callback));
    }
}
