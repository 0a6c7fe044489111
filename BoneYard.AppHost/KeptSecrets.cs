using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>The secrets that were generated at the first start, for every later one.</summary>
internal static class KeptSecrets
{
    /// <summary>
    /// Reads them in every environment: .NET itself does so in Development only, and a database that was made with a password
    /// would then be given another. Settings, environment and command line win over them.
    /// </summary>
    public static void ReadKeptSecrets(this IDistributedApplicationBuilder builder)
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
