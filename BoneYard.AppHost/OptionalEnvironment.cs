namespace BoneYard;

/// <summary>Environment variables that a container gets only when they have a value.</summary>
internal static class OptionalEnvironment
{
    /// <param name="value">null leaves the variable out; Aspire itself would set an empty one.</param>
    public static IResourceBuilder<T> WithEnvironmentIfSet<T>(this IResourceBuilder<T> builder, string name, string? value) where T : IResourceWithEnvironment =>
        value is null ? builder : builder.WithEnvironment(name, value);
}
