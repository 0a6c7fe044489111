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

    /// <summary>MACHINE/PROCESS/ID. The name of the process is there for when its number is given to another.</summary>
    public static string Own { get; } = OfThisProcess();

    /// <summary>Whether this process made it.</summary>
    public static bool IsOurs(IReadOnlyDictionary<string, string> labels) => labels.GetValueOrDefault(Name) == Own;

    /// <summary>Whether the process that made it runs no more.</summary>
    public static bool IsOrphaned(IReadOnlyDictionary<string, string> labels) => labels.TryGetValue(Name, out var creator) && IsGone(creator);

    private static bool IsGone(string creator)
    {
        // Nothing is known of the processes of another machine: they are taken to run.
        if (creator.Split('/') is not [var machine, var name, var number] || machine != Environment.MachineName || !int.TryParse(number, CultureInfo.InvariantCulture, out var id))
        {
            return false;
        }

        try
        {
            using var process = Process.GetProcessById(id);
            return process.ProcessName != name;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return true;
        }
    }

    private static string OfThisProcess()
    {
        using var process = Process.GetCurrentProcess();
        return $"{Environment.MachineName}/{process.ProcessName}/{process.Id}";
    }
}
