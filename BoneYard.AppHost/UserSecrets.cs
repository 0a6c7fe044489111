using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>The generated passwords, which .NET keeps in the user secrets of the AppHost.</summary>
internal static class UserSecrets
{
    /// <summary>
    /// Reads the user secrets in every environment; .NET does so in Development only, and the next start in another environment would
    /// generate a password that does not match the database. Settings, environment variables and the command line take precedence.
    /// </summary>
    public static void AddUserSecrets(this IDistributedApplicationBuilder builder)
    {
        if (builder.Environment.IsDevelopment() || !builder.ExecutionContext.IsRunMode)
        {
            return;
        }

        foreach (var source in new ConfigurationBuilder().AddUserSecrets(Assembly.GetExecutingAssembly(), optional: true).Sources)
        {
            builder.Configuration.Sources.Insert(0, source);
        }
    }
}
