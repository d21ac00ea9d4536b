using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Heldar.Cloud.Database;

/// <summary>Adds the data source that index, registry and batches share.</summary>
public static class DatabaseServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="NpgsqlDataSource"/>. Pools stay small and hold no session state but prepared statements, so that many instances can share a
    /// server or PgBouncer (1.21 or later with max_prepared_statements; for an older one say <c>Max Auto Prepare=0</c> in the connection string).
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
        if (!settings.ShouldSerialize("Maximum Pool Size")) settings.MaxPoolSize = maxPool;
        // The handlers' statements are few and long: planning them costs more than running them.
        if (!settings.ShouldSerialize("Max Auto Prepare")) settings.MaxAutoPrepare = 80;
        if (!settings.ShouldSerialize("Auto Prepare Min Usages")) settings.AutoPrepareMinUsages = 2;
        settings.NoResetOnClose = true;
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}
