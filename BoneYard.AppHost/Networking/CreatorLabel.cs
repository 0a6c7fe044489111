using System.Diagnostics;
using System.Globalization;

namespace BoneYard.Networking;

/// <summary>
/// Marks networks and containers with the process that made them: what an AppHost that was killed leaves behind is told from what
/// another one is using.
/// </summary>
internal static class CreatorLabel
{
    public const string Name = "boneyard.network.creator";

    // Of the processes of a container that has the host's name and engine the host knows nothing, nor the other way round.
    private static readonly string s_place = $"{Environment.MachineName}:{ProcessNamespace()}";

    /// <summary>MACHINE:NAMESPACE/PROCESS/ID. The name of the process is there for when its number is given to another.</summary>
    public static string Own { get; } = OfThisProcess();

    /// <summary>Whether this process made it.</summary>
    public static bool IsOurs(IReadOnlyDictionary<string, string> labels) => labels.GetValueOrDefault(Name) == Own;

    /// <summary>Whether the process that made it runs no more.</summary>
    public static bool IsOrphaned(IReadOnlyDictionary<string, string> labels) => labels.TryGetValue(Name, out var creator) && Runs(creator) is false;

    /// <summary>Whether another process of this machine made it, and runs.</summary>
    public static bool IsOfAnother(IReadOnlyDictionary<string, string> labels) =>
        labels.TryGetValue(Name, out var creator) && creator != Own && Runs(creator) is true;

    /// <returns>null when that cannot be known: of the processes of another place, nothing is.</returns>
    private static bool? Runs(string creator)
    {
        if (creator.Split('/') is not [var place, var name, var number] || place != s_place || !int.TryParse(number, CultureInfo.InvariantCulture, out var id))
        {
            return null;
        }

        try
        {
            using var process = Process.GetProcessById(id);
            return process.ProcessName == name;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string OfThisProcess()
    {
        using var process = Process.GetCurrentProcess();
        return $"{s_place}/{process.ProcessName}/{process.Id}";
    }

    /// <summary>As the kernel numbers it; other systems have but one.</summary>
    private static string ProcessNamespace() =>
        OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget is { } link ? new string([.. link.Where(char.IsAsciiDigit)]) : "" : "";
}
