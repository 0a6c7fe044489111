using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace BoneYard;

/// <summary>Reports user errors in one line each and sets the exit code.</summary>
internal static class FatalErrors
{
    /// <summary>Exit code for options that are not valid; the original site's script used the same.</summary>
    public const int WrongOption = 16;

    /// <summary>Exit code for a site that cannot start or continue.</summary>
    public const int Failure = 1;

    /// <summary>Handles unhandled exceptions only: tests catch theirs, and the process goes on.</summary>
    public static void ReportInOneLine() => AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
    {
        if (unhandled.ExceptionObject is Exception exception && Describe(exception) is var (exitCode, messages))
        {
            foreach (var message in messages)
            {
                Console.Error.WriteLine($"error: {message.ReplaceLineEndings(" ")}");
            }

            Environment.Exit(exitCode);
        }
    };

    /// <summary>
    /// Runs the application and throws what ended it. The host only logs the exception of a background service, such as the one
    /// that runs Aspire's pipeline, and exits with 0.
    /// </summary>
    public static async Task RunToEndAsync(this DistributedApplication application)
    {
        BackgroundService[] services = [.. application.Services.GetServices<IHostedService>().OfType<BackgroundService>()];
        await application.RunAsync();
        await Task.WhenAll(services.Select(service => service.ExecuteTask).Where(task => task is { IsFaulted: true })!);
    }

    private static (int ExitCode, IEnumerable<string> Messages)? Describe(Exception exception) => exception switch
    {
        AggregateException { InnerException: { } inner } => Describe(inner),
        OptionsValidationException invalid => (WrongOption, invalid.Failures),
        WrongOptionException wrong => (WrongOption, [wrong.Message]),
        DistributedApplicationException failed => (Failure, [failed.Message]),
        // An appsettings.json that is not valid JSON: the inner exception has the position.
        InvalidDataException invalid => (WrongOption, [$"{invalid.Message} {invalid.GetBaseException().Message}"]),
        _ => null,
    };
}

/// <summary>An option is not valid. The message names the option, its value and the remedy.</summary>
internal sealed class WrongOptionException(string message) : DistributedApplicationException(message);
