using Dapper;
using Heldar.Cloud.Database;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Migrations;

/// <summary>A migrated database as a deployment has it: the fleet's role owns it and is no superuser, and functions have one of their own.</summary>
internal sealed class TwoRoles : IAsyncDisposable
{
    private TwoRoles(string connection)
    {
        (FleetSettings, PipelineSettings) = (As(connection, "heldar_fleet"), As(connection, "heldar_pipeline"));
        (Fleet, Pipeline) = (DatabaseServiceCollectionExtensions.Create(FleetSettings), DatabaseServiceCollectionExtensions.Create(PipelineSettings));
    }

    public string FleetSettings { get; }

    public string PipelineSettings { get; }

    public NpgsqlDataSource Fleet { get; }

    public NpgsqlDataSource Pipeline { get; }

    public static async Task<TwoRoles> CreateAsync(PostgresFixture postgres, Instant now, CancellationToken cancellation)
    {
        var connection = await postgres.CreateDatabaseAsync(cancellation);
        await using (var administrator = new NpgsqlConnection(connection))
        {
            await administrator.OpenAsync(cancellation);
            await administrator.ExecuteAsync(
                $"""
                do $$ begin create role heldar_fleet login createrole; exception when duplicate_object or unique_violation then null; end $$;
                alter database {new NpgsqlConnectionStringBuilder(connection).Database} owner to heldar_fleet
                """);
        }

        var roles = new TwoRoles(connection);
        await Migrator.MigrateAsync(roles.Fleet, cancellation);
        await PipelineRole.EnsureAsync(roles.Fleet, roles.PipelineSettings, cancellation);
        await IndexPartitions.EnsureAsync(roles.Fleet, now, cancellation);
        return roles;
    }

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Pipeline.DisposeAsync();
    }

    private static string As(string connection, string role) => new NpgsqlConnectionStringBuilder(connection) { Username = role }.ConnectionString;
}
