using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>
/// The AppHost's command line. Site options become configuration; all others pass to Aspire, which knows its own. In a run, an option
/// that neither Aspire nor .NET's host knows is an error. When Aspire's tools start the AppHost for another operation, such as
/// <c>--operation publish</c>, every option passes, also one that a later version adds.
/// </summary>
internal sealed class SiteCommandLine
{
    private static readonly HelpOption s_help = new() { Description = "Show this help." };

    private static readonly RootCommand s_command = new(
        "Runs the site and the Aspire dashboard. Each option is also a setting: --http-port is Site:HttpPort in appsettings.json and Site__HttpPort in the environment.")
    {
        HelpName = "./boneyard run",
    };

    private readonly ParseResult _result;
    private readonly List<string> _otherNames = [];

    static SiteCommandLine()
    {
        // It begins with --version, which is the version of this project.
        s_command.Options.Clear();

        foreach (var option in SiteOption.All.Append<Option>(s_help))
        {
            s_command.Add(option);
        }
    }

    /// <exception cref="WrongOptionException">An option has no value or more than one, or a word is not an option.</exception>
    public SiteCommandLine(params string[] args)
    {
        _result = s_command.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

        if (!IsHelp)
        {
            // The parser drops '--', and '[directives]' at the beginning.
            CheckOthers([.. args.Where((word, index) => word is "--" || index is 0 && word is ['[', ..]), .. _result.UnmatchedTokens]);
            var options = _result.CommandResult.Children.OfType<OptionResult>().Where(option => !option.Implicit);
            Arguments = [.. options.Select(option => ToConfiguration(option, args)), .. _result.UnmatchedTokens];
        }
    }

    public bool IsHelp => _result.GetResult(s_help) is not null;

    /// <summary>Arguments for Aspire: <c>--Site:HttpPort=80</c> for <c>--http-port 80</c>, and the unchanged arguments of others.</summary>
    public string[] Arguments { get; } = [];

    public static void WriteHelp(TextWriter output) => s_command.Parse(s_help.Name).Invoke(new() { Output = output });

    /// <exception cref="WrongOptionException">The AppHost runs the site, and an option is unknown.</exception>
    public void RefuseUnknown(IDistributedApplicationBuilder builder)
    {
        // Aspire's configuration source lists the names of Aspire's own options.
        var known = builder.Configuration.Sources.OfType<CommandLineConfigurationSource>().SelectMany(source => source.SwitchMappings?.Keys ?? [])
            .Concat([$"--{HostDefaults.EnvironmentKey}", $"--{HostDefaults.ContentRootKey}", $"--{HostDefaults.ApplicationKey}"]);

        if (builder.ExecutionContext.IsRunMode && _otherNames.Except(known, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } name)
        {
            throw new WrongOptionException(UnknownOption(name, name, nearest => nearest.Name));
        }
    }

    /// <summary>The error for an unknown name, with System.CommandLine's suggestion, which only its error action reveals.</summary>
    /// <param name="written">The name as the user wrote it.</param>
    /// <param name="name">The same as the name of an option.</param>
    /// <param name="write">The spelling of the suggestion.</param>
    public static string UnknownOption(string written, string name, Func<SiteOption, string> write)
    {
        var (result, output) = (s_command.Parse([name]), new StringWriter());
        (result.Action as ParseErrorAction)?.ShowHelp = false;
        result.Invoke(new() { Output = output, Error = TextWriter.Null });
        var lines = output.ToString().Split('\n', StringSplitOptions.TrimEntries);
        var nearest = lines.Join(SiteOption.All, line => line, option => option.Name, (_, option) => option).FirstOrDefault();
        return $"Unknown option {written}.{(nearest is null ? "" : $" Did you mean {write(nearest)}?")} --help lists all options.";
    }

    private void CheckOthers(string[] words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if (!IsOption(words[i]))
            {
                throw new WrongOptionException(
                    $"'{words[i]}' is not an option. Write options as --name=value, such as --mode=production. --help lists all options.");
            }

            var name = words[i].Split('=')[0];
            var takesNext = name == words[i] && i + 1 < words.Length && !IsOption(words[i + 1]);

            if (!name.Contains(':', StringComparison.Ordinal))
            {
                _otherNames.Add(name);
            }
            else if (name == words[i] && !takesNext)
            {
                throw new WrongOptionException($"Setting {name[2..]} has no value. Write {name}=VALUE.");
            }

            i += takesNext ? 1 : 0;
        }

        static bool IsOption(string word) => word.StartsWith("--", StringComparison.Ordinal) && word is not "--";
    }

    private static string ToConfiguration(OptionResult result, string[] words)
    {
        var option = (SiteOption)result.Option;
        // The parser drops an empty value.
        string[] values = [.. result.Tokens.Select(token => token.Value), .. words.Where(word => word == $"{option.Name}=").Select(_ => "")];

        return values switch
        {
            [] or [['-', '-', ..]] => throw new WrongOptionException($"Option {option.Name} has no value, but must be {option.Allowed}."),
            // A relative path on the command line starts in the current folder, elsewhere in the AppHost's.
            [var folder] when option.Name is "--tls" && folder.ToLowerInvariant() is not ("" or "off") => $"--{option.Key}={Path.GetFullPath(folder)}",
            [var value] => $"--{option.Key}={value}",
            _ => throw new WrongOptionException($"Option {option.Name} has {values.Length} values: '{string.Join("', '", values)}'. Use one."),
        };
    }
}
