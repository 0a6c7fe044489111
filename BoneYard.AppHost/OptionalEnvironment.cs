namespace BoneYard;

/// <summary>What a container is told only when somebody said it.</summary>
internal static class OptionalEnvironment
{
    /// <param name="value">null leaves the variable out: Aspire itself would set an empty one.</param>
    public static IResourceBuilder<T> WithEnvironmentIfSet<T>(this IResourceBuilder<T> builder, string name, string? value) where T : IResourceWithEnvironment =>
        value is null ? builder : builder.WithEnvironment(name, value);
}
