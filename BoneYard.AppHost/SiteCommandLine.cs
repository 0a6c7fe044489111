namespace BoneYard;

/// <summary>The AppHost's command line: short names for the options of the site, and questions that it answers without starting.</summary>
internal static class SiteCommandLine
{
    /// <summary>Answers <c>--help</c>.</summary>
    /// <returns>Whether that was all that was asked.</returns>
    public static bool Answer(string[] args, TextWriter output)
    {
        if (args.Any(arg => arg is "--help" or "-h"))
        {
            WriteHelp(output);
            return true;
        }

        return false;
    }

    /// <summary>From <c>--http-port 80</c> to <c>--Site:HttpPort=80</c>. Other names with a colon are configuration already.</summary>
    /// <exception cref="WrongOptionException">There is no such option, it has no value, or more than one.</exception>
    public static string[] ToConfiguration(string[] args)
    {
        var configuration = new List<string>();
        var given = new Dictionary<SiteOption, string>();

        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i].Split('=')[0];

            if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                throw new WrongOptionException($"'{args[i]}' is no option; options are written as --name=value, such as --mode=production. --help lists them all.");
            }

            var value = args[i].Length > name.Length ? args[i][(name.Length + 1)..]
                : i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[++i]
                : null;

            var option = SiteOptions.All.FirstOrDefault(option => $"--{option.Name}" == name || $"--{option.ConfigurationKey}".Equals(name, StringComparison.OrdinalIgnoreCase));

            if (option is null)
            {
                configuration.AddRange(OfOthers(name, value));
            }
            else if (value is null)
            {
                throw new WrongOptionException($"Option {option.Name} has no value; allowed is {option.Allowed}.");
            }
            else if (!given.TryAdd(option, value))
            {
                throw new WrongOptionException($"Option {option.Name} is '{given[option]}' and '{value}'; allowed is one value.");
            }
            else
            {
                configuration.Add($"--{option.ConfigurationKey}={option.FromCommandLine(value)}");
            }
        }

        return [.. configuration];
    }

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

    private static string[] OfOthers(string name, string? value) => (name, value) switch
    {
        _ when IsOfAspire(name) => value is null ? [name] : [name, value],
        _ when !name.Contains(':', StringComparison.Ordinal) =>
            throw new WrongOptionException($"There is no option {name}; did you mean --{NearestTo(name[2..])}? --help lists them all."),
        (_, null) => throw new WrongOptionException($"Setting {name[2..]} has no value; write {name}=VALUE."),
        _ => [$"{name}={value}"],
    };

    /// <summary>What Aspire's own tools pass to an AppHost.</summary>
    private static bool IsOfAspire(string name) => name is "--operation" or "--publisher" or "--output-path" or "--step" or "--environment"
        or "--log-level" or "--include-exception-details" or "--clear-cache" or "--yes" || name.StartsWith("--dcp-", StringComparison.Ordinal);

    private static void WriteHelp(TextWriter output)
    {
        output.WriteLine("usage: dotnet run --project BoneYard.AppHost -- [--OPTION=VALUE]...");
        output.WriteLine();
        output.WriteLine("Options and what they are when nobody says:");
        output.WriteLine();

        var width = SiteOptions.All.Max(option => Written(option).Length);

        foreach (var option in SiteOptions.All)
        {
            output.WriteLine($"  {Written(option).PadRight(width)}  {option.Purpose}");
            output.WriteLine($"  {"".PadRight(width)}  {option.Allowed}");
        }

        output.WriteLine();
        output.WriteLine($"Each is also a setting: --{SiteOptions.All[0].Name} is {SiteOptions.All[0].ConfigurationKey} in appsettings.json, Site__Mode in the environment.");

        static string Written(SiteOption option) => $"--{option.Name}={option.Default}";
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
