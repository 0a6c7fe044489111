namespace BoneYard.Tests.Infrastructure;

/// <summary>Runs the callbacks of a resource that Aspire runs before it starts the resource.</summary>
internal static class ResourceCallbacks
{
    /// <returns>The environment variables; values that Aspire resolves later are objects.</returns>
    public static async Task<Dictionary<string, object>> EnvironmentAsync(this IResource resource, DistributedApplicationExecutionContext? execution = null)
    {
        var context = new EnvironmentCallbackContext(execution ?? new(DistributedApplicationOperation.Run), resource);

        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(context);
        }

        return context.EnvironmentVariables;
    }

    /// <returns>The arguments for the container runtime.</returns>
    public static async Task<string[]> RuntimeArgumentsAsync(this IResource resource)
    {
        var context = new ContainerRuntimeArgsCallbackContext([]);

        foreach (var annotation in resource.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>())
        {
            await annotation.Callback(context);
        }

        return [.. context.Args.OfType<string>()];
    }
}
