using Dapper;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Cloud.Holds;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Cloud.Versions;
using Heldar.Contracts.Events;
using Heldar.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Index;

/// <summary>Months of the index go whole, and what is held stays, whatever the retention says.</summary>
public sealed class SpanMonthTests(PostgresFixture postgres, AzuriteFixture azurite) : IAsyncLifetime
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 21, 5, 0);
    private static readonly Instant Old = Instant.FromUtc(2026, 3, 10, 8, 0);
    private static readonly Instant Newer = Instant.FromUtc(2026, 8, 10, 8, 0);
    private static readonly Duration Hour = Duration.FromHours(1);

    private readonly ManualClock _clock = new(Now);
    private readonly TestBox _box = new();
    private NpgsqlDataSource _database = null!;
    private ManifestStore _manifests = null!;
    private Guid _camera;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = DatabaseServiceCollectionExtensions.Create(await postgres.CreateDatabaseAsync());
        await Migrator.MigrateAsync(_database, Token);
        await IndexPartitions.EnsureAsync(_database, Now, Token);
        await _box.RegisterAsync(_database);
        _camera = await _box.AddCameraAsync(_database, "gate");
        _manifests = new ManifestStore(azurite.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task EmptyMonth_IsDropped_AndWhatHasFootageStays_WhenEverythingIsKept()
    {
        await FoldAsync(Old, Newer);
        await DeleteAsync(Old);
        await Fold.RunAsync(Token);

        Assert.Equal(1, await Months(null).DropOldAsync(Now, Token));
        Assert.Equal(0, await Months(null).DropOldAsync(Now, Token));

        Assert.Equal(["span_202608", "span_202610", "span_202611", "span_202612"], await PartitionsAsync());
        Assert.Equal([Newer], await FoundAsync());
        // What lands late makes its month again.
        await FoldAsync(Old + Hour);
        Assert.Equal([Old + Hour, Newer], await FoundAsync());
    }

    [Fact]
    public async Task MonthBeyondTheRetention_IsDroppedWhole()
    {
        await FoldAsync(Old, Old + Hour, Newer);

        Assert.Equal(1, await Months(6).DropOldAsync(Now, Token));

        Assert.Equal(["span_202608", "span_202610", "span_202611", "span_202612"], await PartitionsAsync());
        Assert.Equal(["span_list_202608", "span_list_202610", "span_list_202611", "span_list_202612"], await PartitionsAsync("span_list"));
        Assert.Equal([Newer], await FoundAsync());
    }

    [Fact]
    public async Task HeldHours_StayUntilTheirHoldEnds_HoweverOldTheyAre()
    {
        var kept = Old + Hour + Duration.FromMinutes(20);
        await FoldAsync(Old, kept, Old + Hour + Hour, Newer);
        var hold = await PlaceAsync(kept + Duration.FromSeconds(10), kept + Duration.FromSeconds(20));

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(0, await Months(6).DropOldAsync(Now, Token));
            Assert.Equal([kept, Newer], await FoundAsync());
        }

        Assert.NotNull(await new RecordingSearch(_database, _manifests).ProofAsync("main", _camera, kept, Token));
        await EndAsync(hold);
        Assert.Equal(1, await Months(6).DropOldAsync(Now, Token));
        Assert.Equal([Newer], await FoundAsync());
    }

    [Fact]
    public async Task HourWhoseSegmentEndsInAHeldOne_Stays()
    {
        await FoldAsync(Old + Duration.FromMinutes(59));
        await PlaceAsync(Old + Hour + Duration.FromSeconds(10), Old + Hour + Duration.FromMinutes(5));

        Assert.Equal(0, await Months(6).DropOldAsync(Now, Token));

        Assert.Equal([Old + Duration.FromMinutes(59)], await FoundAsync());
    }

    [Fact]
    public async Task NewVersionOfTheIndex_LeavesDroppedMonthsOut_ButNotWhatIsHeld()
    {
        // A storage account of its own: a build reads every manifest that is in it.
        await using var storage = new AzuriteFixture();
        await storage.InitializeAsync();
        _manifests = new(storage.ConnectionString);
        await FoldAsync(Old, Old + Hour, Newer);
        await PlaceAsync(Old, Old + Duration.FromSeconds(10));
        await Months(6).DropOldAsync(Now, Token);
        await new IndexVersions(_database).StartAsync(Token);
        Assert.Equal(0, await Months(2).DropOldAsync(Now, Token));

        var builder = new IndexBuilder(_database, _manifests, new IndexRetention(6), new Today(), NullLogger<IndexBuilder>.Instance);
        Assert.Equal(BuildOutcome.Switched, await builder.StepAsync(TimeSpan.FromSeconds(30), Token));

        Assert.Equal([Old, Newer], await FoundAsync());
    }

    [Fact]
    public async Task Month_ThatIsBeingRead_IsDroppedLater()
    {
        await FoldAsync(Old);
        await using (var reader = await _database.OpenConnectionAsync(Token))
        await using (var transaction = await reader.BeginTransactionAsync(Token))
        {
            await reader.ExecuteAsync("select count(*) from span", transaction: transaction);
            Assert.Equal(0, await Months(6).DropOldAsync(Now, Token));
        }

        Assert.Equal(1, await Months(6).DropOldAsync(Now, Token));
    }

    private SpanFold Fold => new(_database, _manifests, _clock, NullLogger<SpanFold>.Instance);

    private SpanMonths Months(int? months) => new(_database, new IndexRetention(months), NullLogger<SpanMonths>.Instance);

    /// <summary>A segment of 80 s at each of the times, folded.</summary>
    private async Task FoldAsync(params Instant[] starts)
    {
        var rows = starts.Select(s => TestBox.Segment(_camera, s, Duration.FromSeconds(80)))
            .Select(s => LandingRow.Check(s, Now, out var sha, out var root) is null ? new LandingRow(_box.Id, s, sha, root) : throw new InvalidOperationException("bad test data")).ToList();
        await using var batch = _database.CreateBatch();
        SegmentLanding.Append(batch, "main", _box.Id, Now.InUtc().Date, rows);
        await batch.ExecuteNonQueryAsync(Token);
        await Fold.RunAsync(Token);
    }

    private async Task DeleteAsync(Instant start)
    {
        await using var batch = _database.CreateBatch();
        Tombstones.Append(batch, "main", Guid.NewGuid().ToString(), Now, new FootageDeletedData { Camera = _camera, From = start, To = start + Duration.FromSeconds(80), Reason = "age", Count = 1, Bytes = 1 });
        await batch.ExecuteNonQueryAsync(Token);
    }

    private async Task<Guid> PlaceAsync(Instant from, Instant to)
    {
        var hold = Guid.CreateVersion7();
        await using var batch = _database.CreateBatch();
        HoldStore.Append(batch, new BoxRecord("main", _box.Id, "depot"), Now - Hour, new HoldAppliedData { Hold = hold, Camera = _camera, From = from, To = to, Reason = "theft", Owner = "anna" });
        await batch.ExecuteNonQueryAsync(Token);
        return hold;
    }

    private async Task EndAsync(Guid hold)
    {
        await using var batch = _database.CreateBatch();
        HoldStore.Append(batch, new BoxRecord("main", _box.Id, "depot"), new HoldReleasedData { HoldId = hold, Camera = _camera, ReleasedAt = Now, ReleasedBy = "anna", Reason = HoldEnd.Released });
        await batch.ExecuteNonQueryAsync(Token);
    }

    private async Task<IEnumerable<Instant>> FoundAsync()
    {
        var search = new RecordingSearch(_database, _manifests);
        List<Instant> found = [];
        foreach (var at in new[] { Old, Newer })
            found.AddRange((await search.PageAsync(new RecordingQuery("main", at - Duration.FromDays(1), at + Duration.FromDays(1)), null, 100, Token)).Items.Select(i => i.Start));
        return found;
    }

    private async Task<IReadOnlyList<string>> PartitionsAsync(string table = "span")
    {
        await using var connection = await _database.OpenConnectionAsync(Token);
        return [.. await connection.QueryAsync<string>("select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = @table::regclass order by 1", new { table })];
    }

    private sealed class Today : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now.ToDateTimeOffset();
    }
}
