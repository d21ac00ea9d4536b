using Dapper;
using Heldar.Cloud.Database;
using Heldar.Cloud.Days;
using Heldar.Cloud.Migrations;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Days;

public sealed class DayPartitionTests(PostgresFixture postgres)
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 21, 23, 59);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Days_AreMadeAhead_AndDroppedWholeWhenTheyAreOld()
    {
        await using var database = await CreateAsync();
        var days = new DayPartitions(database);
        await days.EnsureAsync(DayTable.Detection, [new(2026, 10, 22), new(2026, 10, 21)], Token);

        await days.EnsureAheadAsync(Now, Token);
        await days.EnsureAheadAsync(Now, Token);

        Assert.Equal(["detection_20261022", "detection_20261120", "detection_20261121", "detection_20261122", "detection_20261123", "detection_20261124"], await PartitionsAsync(database, "detection"));
        Assert.Equal(5, (await PartitionsAsync(database, "snapshot")).Count);
        await days.EnsureAheadAsync(Now + Duration.FromMinutes(1), Token);
        Assert.Equal(["detection_20261120", "detection_20261121", "detection_20261122", "detection_20261123", "detection_20261124", "detection_20261125"], await PartitionsAsync(database, "detection"));
    }

    [Fact]
    public async Task ManyProcesses_MayMakeTheSameDayAtOnce()
    {
        await using var database = await CreateAsync();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => i % 2 == 0 ? new DayPartitions(database).EnsureAheadAsync(Now, Token) : new DayPartitions(database).EnsureAsync(DayTable.ZoneEvent, [DayTable.DayOf(Now)], Token)));

        Assert.Equal(5, (await PartitionsAsync(database, "zone_event")).Count);
    }

    // Who waits for a lock on the whole table makes everybody wait who comes after it.
    [Fact]
    public async Task LongSearch_KeepsNobodyFromWriting_WhileTomorrowsDaysAreMade()
    {
        await using var database = await CreateAsync();
        var days = new DayPartitions(database);
        await days.EnsureAheadAsync(Now, Token);
        await using var searching = await database.OpenConnectionAsync(Token);
        await using var search = await searching.BeginTransactionAsync(Token);
        await searching.ExecuteAsync("select count(*) from snapshot", transaction: search);

        await days.EnsureAheadAsync(Now + Duration.FromDays(1), Token);
        var busy = await Assert.ThrowsAsync<PostgresException>(() => days.EnsureAsync(DayTable.Snapshot, [new(2026, 10, 1)], Token));

        Assert.True(busy.IsTransient);
        Assert.Equal((5, 6), ((await PartitionsAsync(database, "snapshot")).Count, (await PartitionsAsync(database, "zone_event")).Count));
        await search.RollbackAsync(Token);
        await days.EnsureAheadAsync(Now + Duration.FromDays(1), Token);
        await days.EnsureAsync(DayTable.Snapshot, [new(2026, 10, 1)], Token);
        Assert.Equal(7, (await PartitionsAsync(database, "snapshot")).Count);
    }

    [Theory]
    [InlineData(-31, true)]
    [InlineData(-30, false)]
    [InlineData(0, false)]
    public void Past_IsWhatItsTableHasDropped(int day, bool past) => Assert.Equal(past, DayTable.Detection.IsPast(Now + Duration.FromDays(day), Now));

    private async Task<NpgsqlDataSource> CreateAsync()
    {
        var database = DatabaseServiceCollectionExtensions.Create(await postgres.CreateDatabaseAsync(Token));
        await Migrator.MigrateAsync(database, Token);
        return database;
    }

    private static async Task<IReadOnlyList<string>> PartitionsAsync(NpgsqlDataSource database, string table)
    {
        await using var connection = await database.OpenConnectionAsync(Token);
        return [.. await connection.QueryAsync<string>("select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = @table::regclass order by 1", new { table })];
    }
}
