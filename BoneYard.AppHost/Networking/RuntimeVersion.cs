namespace BoneYard.Networking;

/// <summary>Whether a container runtime can attach a container to two networks when it makes it.</summary>
internal static class RuntimeVersion
{
    private static readonly Version s_dockerApi = new(1, 44);
    private static readonly Version s_podman = new(4, 0);

    /// <exception cref="DistributedApplicationException">It is too old, or does not answer.</exception>
    public static Task EnsureIsNewEnoughAsync(IContainerRuntime runtime, CancellationToken cancellationToken) =>
        runtime.Name is "podman" ? EnsurePodmanAsync(runtime, cancellationToken) : EnsureDockerAsync(runtime, cancellationToken);

    private static async Task EnsureDockerAsync(IContainerRuntime runtime, CancellationToken cancellationToken)
    {
        // The client names the version on which the two have agreed: the older of theirs.
        var answer = await AskAsync(runtime, ["version", "--format", "{{.Client.APIVersion}} {{.Client.Version}} {{.Server.Version}}"], cancellationToken);

        if (answer is [var api, var client, var server] && Version.TryParse(api, out var version) && version < s_dockerApi)
        {
            throw new DistributedApplicationException(
                $"Docker is too old: client {client} and engine {server} speak API {api}, and a container on two networks needs {s_dockerApi}, which came with Docker 25. Update both, or take Podman: ASPIRE_CONTAINER_RUNTIME=podman.");
        }
    }

    private static async Task EnsurePodmanAsync(IContainerRuntime runtime, CancellationToken cancellationToken)
    {
        // podman version 4.3.1
        if (await AskAsync(runtime, ["--version"], cancellationToken) is [.., var text] && Version.TryParse(text.Split('-')[0], out var version) && version < s_podman)
        {
            throw new DistributedApplicationException($"Podman is too old: it is {text}, and a container on two networks with static addresses needs 4.0. Update it, or take Docker: ASPIRE_CONTAINER_RUNTIME=docker.");
        }
    }

    private static async Task<string[]> AskAsync(IContainerRuntime runtime, string[] arguments, CancellationToken cancellationToken)
    {
        var result = await runtime.RunAsync(arguments, cancellationToken);

        return result.Succeeded
            ? result.Output.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            : throw new DistributedApplicationException($"{runtime.Name} does not answer: {result.Error}. Start it, or name another container runtime in ASPIRE_CONTAINER_RUNTIME.");
    }
}
