using BoneYard.Tls;

namespace BoneYard;

/// <summary>The AppHost's command line: short names for the options of the site, and questions that it answers without starting.</summary>
internal static class SiteCommandLine
{
    /// <summary>Answers <c>--help</c> and <c>trust</c>.</summary>
    /// <returns>Whether that was all that was asked.</returns>
    public static bool Answer(string[] args, TextWriter output)
    {
        if (args.Any(arg => arg is "--help" or "-h"))
        {
            WriteHelp(output);
            return true;
        }

        if (args is ["trust"])
        {
            TrustInstructions.WriteTo(output, DevelopmentAuthority.OfUser);
            return true;
        }

        return false;
    }

    /// <summary>From <c>--http-port 80</c> to <c>--Site:HttpPort 80</c>. What has a colon is configuration already.</summary>
    /// <exception cref="WrongOptionException">There is no such option.</exception>
    public static string[] ToConfiguration(string[] args) => [.. args.Select(arg =>
    {
        var name = arg.Split('=')[0];

        if (!name.StartsWith("--", StringComparison.Ordinal) || name.Contains(':', StringComparison.Ordinal) || IsOfAspire(name))
        {
            return arg;
        }

        var option = SiteOptions.All.FirstOrDefault(option => $"--{option.Name}" == name)
            ?? throw new WrongOptionException($"There is no option {name}; did you mean --{NearestTo(name[2..])}? --help lists them all.");
        return $"--{option.ConfigurationKey}{arg[name.Length..]}";
    })];

    /// <exception cref="WrongOptionException">A key of the configuration belongs to no option.</exception>
    public static void RefuseUnknown(IEnumerable<string> configurationKeys)
    {
        foreach (var key in configurationKeys)
        {
            if (!SiteOptions.All.Any(option => option.ConfigurationKey.Equals(key, StringComparison.OrdinalIgnoreCase)))
            {
                var nearest = SiteOptions.All.MinBy(option => Distance(option.ConfigurationKey, key))!;
                throw new WrongOptionException($"There is no option {key}; did you mean {nearest.ConfigurationKey}? --help lists them all.");
            }
        }
    }

    /// <summary>What Aspire's own tools pass to an AppHost.</summary>
    private static bool IsOfAspire(string name) => name is "--operation" or "--publisher" or "--output-path" or "--step" or "--environment" or "--log-level";

    private static void WriteHelp(TextWriter output)
    {
        output.WriteLine("usage: dotnet run --project BoneYard.AppHost -- [options]");
        output.WriteLine("       dotnet run --project BoneYard.AppHost -- trust    how to trust the certificates of development");
        output.WriteLine();
        var width = SiteOptions.All.Max(option => option.Name.Length);

        foreach (var option in SiteOptions.All)
        {
            output.WriteLine($"  --{option.Name.PadRight(width)}  {option.Allowed}{(option.Default.Length == 0 ? "" : $" ({option.Default})")}");
        }

        output.WriteLine();
        output.WriteLine($"Each is also a setting: --{SiteOptions.All[0].Name} is {SiteOptions.All[0].ConfigurationKey} in appsettings.json, Site__Mode in the environment.");
    }

    private static string NearestTo(string name) => SiteOptions.All.MinBy(option => Distance(option.Name, name))!.Name;

    /// <summary>How many letters have to be added, removed or changed to get from one to the other (Levenshtein).</summary>
    private static int Distance(string left, string right)
    {
        var above = Enumerable.Range(0, right.Length + 1).ToArray();

        for (var row = 1; row <= left.Length; row++)
        {
            var diagonal = above[0];
            above[0] = row;

            for (var column = 1; column <= right.Length; column++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(left[row - 1]) == char.ToLowerInvariant(right[column - 1]) ? 0 : 1);
                diagonal = above[column];
                above[column] = Math.Min(replaced, 1 + Math.Min(above[column], above[column - 1]));
            }
        }

        return above[^1];
    }
}
