namespace BoneYard.Networking;

/// <summary>The command of the container runtime.</summary>
internal interface IContainerRuntime
{
    /// <summary>docker or podman.</summary>
    string Name { get; }

    /// <param name="arguments">One by one: nothing is split or quoted.</param>
    Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken);
}

internal sealed record RuntimeResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;
}
