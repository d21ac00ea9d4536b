using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Heldar.Cloud.Database;

/// <summary>Adds the data source that index, registry and batches share.</summary>
public static class DatabaseServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="NpgsqlDataSource"/>. Pools stay small and hold no session state, so that many instances can share a server or PgBouncer.
    /// </summary>
    /// <param name="services">The program's services.</param>
    /// <param name="connectionString">Npgsql connection string; its own pool size wins.</param>
    /// <param name="maxPool">Most connections of this process.</param>
    public static IServiceCollection AddHeldarDatabase(this IServiceCollection services, string connectionString, int maxPool = 16) =>
        services.AddSingleton(_ => Create(connectionString, maxPool));

    /// <summary>The same data source for programs without a container.</summary>
    public static NpgsqlDataSource Create(string connectionString, int maxPool = 16)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "heldar", Timeout = 10, CommandTimeout = 30 };
        if (!settings.ContainsKey("Maximum Pool Size")) settings.MaxPoolSize = maxPool;
        settings.NoResetOnClose = true;
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}
