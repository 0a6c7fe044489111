namespace BoneYard;

/// <summary>A mistake of the person at the keyboard ends in one clear line and an exit code, not in a stack trace.</summary>
internal static class FatalErrors
{
    /// <summary>An option with a value that is not allowed; the original site's script used the same code.</summary>
    public const int WrongOption = 16;

    /// <summary>The site could not be started, or could not go on.</summary>
    public const int Failure = 1;

    /// <summary>Applies to what nobody catches: a test, which catches all, is not ended by it.</summary>
    public static void EndInOneLine() => AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
    {
        if (unhandled.ExceptionObject is Exception exception && Mistake(exception) is { } mistake)
        {
            Console.Error.WriteLine($"error: {mistake.Message}");
            Environment.Exit(mistake.ExitCode);
        }
    };

    private static (string Message, int ExitCode)? Mistake(Exception exception) => Cause(exception) switch
    {
        WrongOptionException wrong => (wrong.Message, WrongOption),
        DistributedApplicationException cannot => (cannot.Message, Failure),
        // What .NET says of an appsettings.json that is none, and inside of it where the mistake is.
        InvalidDataException unreadable => ($"{unreadable.Message} {unreadable.GetBaseException().Message}".ReplaceLineEndings(" "), WrongOption),
        _ => null,
    };

    private static Exception Cause(Exception exception) => exception is AggregateException { InnerException: { } inner } ? Cause(inner) : exception;
}

/// <summary>An option has a value that is not allowed. The message names the option, the value and what is allowed.</summary>
internal sealed class WrongOptionException(string message) : DistributedApplicationException(message);
