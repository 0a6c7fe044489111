using System.Collections;
using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Aspire.Hosting.ApplicationModel
{
    public interface IResourceAnnotation;

    public interface IResource
    {
        string Name { get; }

        ResourceAnnotationCollection Annotations { get; }
    }

    public interface IResourceWithEnvironment : IResource;

    public interface IResourceWithArgs : IResource;

    public interface IResourceWithEndpoints : IResource;

    public interface IResourceWithWaitSupport : IResource;

    public interface IResourceWithParent : IResource
    {
        IResource Parent { get; }
    }

    public interface IResourceWithParent<out T> : IResourceWithParent where T : IResource
    {
        new T Parent { get; }

        IResource IResourceWithParent.Parent => Parent;
    }

    public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

    public enum ResourceAnnotationMutationBehavior
    {
        Append,
        Replace,
    }

    /// <summary>Base of every resource; a name is 1 to 64 letters, digits and single hyphens, and starts with a letter.</summary>
    public abstract partial class Resource : IResource
    {
        protected Resource(string name)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);

            if (name.Length > 64 || !ValidName().IsMatch(name))
            {
                throw new ArgumentException(
                    $"Resource name '{name}' is invalid. A name has 1 to 64 ASCII letters, digits and hyphens, starts with a letter, does not end with a hyphen and has no two in a row.",
                    nameof(name));
            }

            Name = name;
        }

        public virtual string Name { get; }

        public virtual ResourceAnnotationCollection Annotations { get; } = [];

        [GeneratedRegex("^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$")]
        private static partial Regex ValidName();
    }

    public interface IResourceCollection : IList<IResource>
    {
        bool TryGetByName(string name, [NotNullWhen(true)] out IResource? resource);
    }

    internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection
    {
        public bool TryGetByName(string name, [NotNullWhen(true)] out IResource? resource) =>
            (resource = this.FirstOrDefault(r => r.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) is not null;

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    public class DistributedApplicationModel(IResourceCollection resources)
    {
        public IResourceCollection Resources { get; } = resources;
    }

    public interface IResourceBuilder<out T> where T : IResource
    {
        IDistributedApplicationBuilder ApplicationBuilder { get; }

        T Resource { get; }

        IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
            where TAnnotation : IResourceAnnotation;

        IResourceBuilder<T> WithAnnotation<TAnnotation>(ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
            where TAnnotation : IResourceAnnotation, new();
    }

    internal sealed class ResourceBuilder<T>(IDistributedApplicationBuilder applicationBuilder, T resource) : IResourceBuilder<T>
        where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder { get; } = applicationBuilder;

        public T Resource { get; } = resource;

        public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
            where TAnnotation : IResourceAnnotation
        {
            ArgumentNullException.ThrowIfNull(annotation);

            if (behavior is ResourceAnnotationMutationBehavior.Replace)
            {
                foreach (var old in Resource.Annotations.OfType<TAnnotation>().ToArray())
                {
                    Resource.Annotations.Remove(old);
                }
            }

            Resource.Annotations.Add(annotation);
            return this;
        }

        public IResourceBuilder<T> WithAnnotation<TAnnotation>(ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
            where TAnnotation : IResourceAnnotation, new() => WithAnnotation(new TAnnotation(), behavior);
    }

    public static class ResourceExtensions
    {
        public static bool TryGetLastAnnotation<T>(this IResource resource, [NotNullWhen(true)] out T? annotation) where T : IResourceAnnotation =>
            (annotation = resource.Annotations.OfType<T>().LastOrDefault()) is not null;

        public static bool TryGetAnnotationsOfType<T>(this IResource resource, [NotNullWhen(true)] out IEnumerable<T>? result) where T : IResourceAnnotation
        {
            var found = resource.Annotations.OfType<T>().ToArray();
            result = found.Length == 0 ? null : found;
            return result is not null;
        }

        public static bool HasAnnotationOfType<T>(this IResource resource) where T : IResourceAnnotation =>
            resource.Annotations.OfType<T>().Any();

        public static bool TryGetEndpoints(this IResource resource, [NotNullWhen(true)] out IEnumerable<EndpointAnnotation>? endpoints) =>
            resource.TryGetAnnotationsOfType(out endpoints);

        public static bool TryGetContainerMounts(this IResource resource, [NotNullWhen(true)] out IEnumerable<ContainerMountAnnotation>? volumeMounts) =>
            resource.TryGetAnnotationsOfType(out volumeMounts);

        public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName) =>
            new(resource, endpointName);

        public static IEnumerable<EndpointReference> GetEndpoints(this IResourceWithEndpoints resource) =>
            resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => new EndpointReference(resource, endpoint.Name));

        /// <summary>The keys of its checks and of its parent's: a database is not healthy without its server.</summary>
        internal static IEnumerable<string> HealthChecks(this IResource resource) =>
        [
            .. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key),
            .. resource is IResourceWithParent child ? child.Parent.HealthChecks() : [],
        ];
    }
}

namespace Aspire.Hosting
{
    using ApplicationModel;

    public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

    public static class ContainerResourceExtensions
    {
        public static IEnumerable<IResource> GetContainerResources(this DistributedApplicationModel model) =>
            model.Resources.Where(IsContainer);

        public static bool IsContainer(this IResource resource) =>
            resource.HasAnnotationOfType<ContainerImageAnnotation>() || resource.HasAnnotationOfType<DockerfileBuildAnnotation>();
    }

    public static class CustomResourceExtensions
    {
        public static IResourceBuilder<TResource> WithInitialState<TResource>(this IResourceBuilder<TResource> builder, CustomResourceSnapshot initialSnapshot)
            where TResource : IResource =>
            builder.WithAnnotation(new ResourceSnapshotAnnotation(initialSnapshot), ResourceAnnotationMutationBehavior.Replace);
    }
}
