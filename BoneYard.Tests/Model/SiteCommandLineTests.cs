namespace BoneYard.Tests.Model;

public sealed class SiteCommandLineTests
{
    [Theory]
    [InlineData("--http-port", "80")]
    [InlineData("--http-port=80")]
    [InlineData("--http-port:80")]
    public void Site_option_becomes_configuration(params string[] arguments)
    {
        Assert.Equal(["--Site:HttpPort=80"], new SiteCommandLine(arguments).Arguments);
    }

    [Theory]
    [InlineData("Option --http-port has no value, but must be a port from 1 to 65535.", "--http-port")]
    [InlineData("Option --http-port has no value, but must be a port from 1 to 65535.", "--http-port", "--https-port=443")]
    [InlineData("Option --http-port has no value, but must be a port from 1 to 65535.", "--http-port", "--operation")]
    [InlineData("Setting Logging:Level has no value. Write --Logging:Level=VALUE.", "--Logging:Level")]
    [InlineData("Option --mode has 2 values: 'development', 'production'. Use one.", "--mode=development", "--mode=production")]
    public void Option_requires_exactly_one_value(string message, params string[] arguments)
    {
        Assert.Equal(message, Assert.Throws<WrongOptionException>(() => new SiteCommandLine(arguments)).Message);
    }

    [Theory]
    [InlineData("production", "production")]
    [InlineData("production", "--http-port", "80", "production")]
    [InlineData("-x", "-x")]
    [InlineData("-x=1", "-x=1")]
    [InlineData("--", "--", "--mode=production")]
    [InlineData("[diagram]", "[diagram]")]
    [InlineData("@options.txt", "@options.txt")]
    [InlineData("trust", "trust")]
    [InlineData("http-port=80", "http-port=80")]
    [InlineData("/mode", "/mode", "production")]
    public void Word_that_is_not_an_option_is_reported(string word, params string[] arguments)
    {
        Assert.Equal(
            $"'{word}' is not an option. Write options as --name=value, such as --mode=production. --help lists all options.",
            Assert.Throws<WrongOptionException>(() => new SiteCommandLine(arguments)).Message);
    }

    [Theory]
    [InlineData("Unknown option --http-prot. Did you mean --http-port? --help lists all options.", "--http-prot=80")]
    [InlineData("Unknown option --mod. Did you mean --mode? --help lists all options.", "--mod", "production")]
    [InlineData("Unknown option --data-volum. Did you mean --data-volume? --help lists all options.", "--data-volum=x")]
    [InlineData("Unknown option --Tls. Did you mean --tls? --help lists all options.", "--Tls=off")]
    [InlineData("Unknown option --something-else. --help lists all options.", "--something-else")]
    [InlineData("Unknown option --something-else. --help lists all options.", "--operation", "run", "--something-else=1")]
    public void Run_reports_an_unknown_option_with_a_similar_name(string message, params string[] arguments)
    {
        var commandLine = new SiteCommandLine(arguments);
        var builder = DistributedApplication.CreateBuilder(commandLine.Arguments);

        Assert.Equal(message, Assert.Throws<WrongOptionException>(() => commandLine.RefuseUnknown(builder)).Message);
    }

    [Theory]
    [InlineData("--environment", "Staging")]
    [InlineData("--dcp-container-runtime=podman", "--log-level", "debug")]
    [InlineData("--Site:HttpPort=80", "--site:httpsport", "443")]
    [InlineData("--Logging:LogLevel:Default=Debug", "--Parameters:session-secret", "secret")]
    [InlineData("--operation", "run")]
    [InlineData("--operation", "publish", "--step", "publish", "--output-path", "out", "--include-exception-details", "true", "--environment", "Staging")]
    [InlineData("--operation", "publish", "--step", "destroy", "--yes", "true", "--option-of-a-later-version", "--clear-cache")]
    [InlineData("--operation", "inspect", "--list-steps", "true")]
    [InlineData("--publisher", "manifest", "--output-path", "out")]
    public void Arguments_of_Aspire_and_configuration_are_unchanged(params string[] arguments)
    {
        var commandLine = new SiteCommandLine(["--mode=production", .. arguments]);
        commandLine.RefuseUnknown(DistributedApplication.CreateBuilder(commandLine.Arguments));

        Assert.Equal(["--Site:Mode=production", .. arguments], commandLine.Arguments);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--mode=production", "--unknown", "--help")]
    public void Help_is_recognized_among_other_options(params string[] arguments)
    {
        Assert.True(new SiteCommandLine(arguments).IsHelp);
    }

    [Fact]
    public void Help_lists_every_option_with_its_default_and_allowed_values()
    {
        var output = new StringWriter();

        SiteCommandLine.WriteHelp(output);

        Assert.All(SiteOption.All, option => Assert.Matches(
            $@"\n  {option.Name} <.+>  .*\. Allowed: {System.Text.RegularExpressions.Regex.Escape(option.Allowed)}\.{(option.Default is "" ? "" : $@" \[default: {option.Default}\]")}\r?\n",
            output.ToString()));
    }
}
