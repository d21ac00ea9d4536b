using Heldar.Cloud.Database;
using Heldar.Cloud.Migrations;
using Heldar.Testing;

namespace Heldar.Cloud.Tests.Migrations;

public sealed class MigrationTests(PostgresFixture postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ManyReplicas_MayMigrateAtOnce()
    {
        await using var database = DatabaseServiceCollectionExtensions.Create(await postgres.CreateDatabaseAsync(Token));
        Assert.NotNull(await SchemaVersion.CheckAsync(database, Token));

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Migrator.MigrateAsync(database, Token)));

        Assert.Null(await SchemaVersion.CheckAsync(database, Token));
        await using var command = database.CreateCommand("select count(*) = max(version) from schema_version");
        Assert.True(await command.ExecuteScalarAsync(Token) is true);
    }

    [Theory]
    [InlineData(5, 5, true)]
    [InlineData(4, 5, true)]
    [InlineData(6, 5, true)]
    [InlineData(3, 5, false)]
    [InlineData(7, 5, false)]
    [InlineData(0, 5, false)]
    public void Schema_OneVersionApart_IsAccepted(int database, int mine, bool accepted) => Assert.Equal(accepted, SchemaVersion.Judge(database, mine) is null);

    [Fact]
    public async Task EveryTable_HasTenantInItsKey_OrSaysWhyNot()
    {
        await using var database = DatabaseServiceCollectionExtensions.Create(await postgres.CreateDatabaseAsync(Token));
        await Migrator.MigrateAsync(database, Token);
        await using var command = database.CreateCommand(
            """
            select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'public' and c.relkind in ('r', 'p') and not exists (
                select 1 from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey) where i.indrelid = c.oid and i.indisprimary and a.attname = 'tenant')
            order by 1
            """);
        await using var reader = await command.ExecuteReaderAsync(Token);
        List<string> without = [];
        while (await reader.ReadAsync(Token)) without.Add(reader.GetString(0));

        // They hold no tenant's data: versions, timers, and keys that replicas share.
        Assert.Equal(["breaker", "cloud_key", "coverage_clock", "data_protection_key", "fold_state", "index_version", "schema_version", "timer_run"], without);
    }
}
