using System.Diagnostics;

namespace BoneYard.Networking;

/// <summary>The application that created a network or a container.</summary>
internal enum Owner
{
    /// <summary>None, one that runs, or one of another machine.</summary>
    Other,
    ThisProcess,
    TerminatedProcess,
}

/// <summary>Labels networks and containers with the process that created them.</summary>
internal static class OwnerLabel
{
    public const string Name = "container-network.owner";

    // Process ids in a container that uses the host's name and engine differ from the host's: the Linux namespace tells them apart.
    private static readonly string s_machine =
        $"{Environment.MachineName}:{(OperatingSystem.IsLinux() ? string.Concat((new FileInfo("/proc/self/ns/pid").LinkTarget ?? "").Where(char.IsAsciiDigit)) : "")}";

    /// <summary>The label's value for this process: MACHINE:NAMESPACE/PROCESS/ID. The process name detects a reused id.</summary>
    public static string Value { get; } = $"{s_machine}/{Process.GetCurrentProcess().ProcessName}/{Environment.ProcessId}";

    public static Owner OwnerIn(IReadOnlyDictionary<string, string>? labels) => labels?.GetValueOrDefault(Name) switch
    {
        null => Owner.Other,
        var value when value == Value => Owner.ThisProcess,
        var value when value.Split('/') is [var machine, var process, var id] && machine == s_machine && !IsRunning(process, id) => Owner.TerminatedProcess,
        _ => Owner.Other,
    };

    private static bool IsRunning(string name, string id) => Process.GetProcessesByName(name).Any(process => $"{process.Id}" == id);
}
