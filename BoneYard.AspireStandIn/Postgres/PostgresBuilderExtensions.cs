using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Aspire.Hosting;

public static class PostgresBuilderExtensions
{
    /// <param name="password">null generates one and keeps it in the user secrets as <c>Parameters:NAME-password</c>.</param>
    /// <param name="port">The port on the host; null takes a free one.</param>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder, string name,
        IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var server = new PostgresServerResource(
            name,
            userName?.Resource,
            password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password"));
        var check = $"{name}_check";

        builder.Services.AddHealthChecks().Add(new(check, _ => new ConnectionCheck(server, "postgres"), failureStatus: null, tags: null));

        return builder.AddResource(server)
            .WithEndpoint(port: port, targetPort: 5432, name: PostgresServerResource.PrimaryEndpointName)
            .WithImage("library/postgres", "18.3")
            .WithIconName("DatabaseMultiple")
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256")
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["POSTGRES_USER"] = server.UserNameReference;
                context.EnvironmentVariables["POSTGRES_PASSWORD"] = server.PasswordParameter;
            })
            .WithHealthCheck(check)
            .OnResourceReady((resource, _, cancellationToken) => CreateDatabasesAsync(resource, cancellationToken));
    }

    /// <summary>A database of the server, created when the server is ready and has none of that name.</summary>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        var check = $"{name}_check";

        builder.Resource.AddDatabase(name, database.DatabaseName);
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new(check, _ => new ConnectionCheck(database, databaseName: null), failureStatus: null, tags: null));

        return builder.ApplicationBuilder.AddResource(database).WithIconName("Database").WithHealthCheck(check);
    }

    public static IResourceBuilder<PostgresServerResource> WithHostPort(this IResourceBuilder<PostgresServerResource> builder, int? port) =>
        builder.WithEndpoint(PostgresServerResource.PrimaryEndpointName, endpoint => endpoint.Port = port);

    private static async Task CreateDatabasesAsync(PostgresServerResource server, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(server, "postgres", cancellationToken).ConfigureAwait(false);

        foreach (var database in server.Databases.Values)
        {
            try
            {
                await using var create = new NpgsqlCommand($"CREATE DATABASE \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
                await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DuplicateDatabase)
            {
                // A kept volume brings it along.
            }
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(IResourceWithConnectionString resource, string? databaseName, CancellationToken cancellationToken)
    {
        // No pool: a check must see the server as it is now, and leave nothing open behind.
        var settings = new NpgsqlConnectionStringBuilder(await resource.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false)) { Pooling = false };
        settings.Database = databaseName ?? settings.Database;
        var connection = new NpgsqlConnection(settings.ConnectionString);

        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private sealed class ConnectionCheck(IResourceWithConnectionString resource, string? databaseName) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var connection = await OpenAsync(resource, databaseName, cancellationToken).ConfigureAwait(false);
                await using var select = new NpgsqlCommand("SELECT 1", connection);
                await select.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
                return HealthCheckResult.Healthy();
            }
            catch (NpgsqlException exception)
            {
                return HealthCheckResult.Unhealthy($"'{resource.Name}' does not answer: {exception.Message}", exception);
            }
        }
    }
}
