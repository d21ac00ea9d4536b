using Dapper;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Coverage;
using Heldar.Cloud.Database;
using Heldar.Cloud.Days;
using Heldar.Cloud.Events;
using Heldar.Cloud.Gaps;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Coverage;

/// <summary>The ledger over a real database, fed the way the functions feed it.</summary>
public sealed class CoverageLedgerTests(PostgresFixture postgres, AzuriteFixture azurite) : IAsyncLifetime
{
    private static readonly Instant Hour = Instant.FromUtc(2026, 11, 21, 10, 0);
    private static readonly Duration Length = Duration.FromSeconds(30);

    private readonly ManualClock _clock = new(Hour + Duration.FromMinutes(30));
    private readonly TestBox _box = new();
    private NpgsqlDataSource _database = null!;
    private SpanFold _fold = null!;
    private CoverageLedger _ledger = null!;
    private Guid _camera;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = DatabaseServiceCollectionExtensions.Create(await postgres.CreateDatabaseAsync());
        await Migrator.MigrateAsync(_database, Token);
        await IndexPartitions.EnsureAsync(_database, _clock.GetCurrentInstant(), Token);
        await _box.RegisterAsync(_database);
        _camera = await _box.AddCameraAsync(_database, "gate");
        _fold = new(_database, new ManifestStore(azurite.ConnectionString), _clock, NullLogger<SpanFold>.Instance);
        _ledger = new(_database, new DayPartitions(_database), _clock);
        await CountAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Hour_SaysWhatIsThere_AndWhyTheRestIsMissing()
    {
        await LandAsync(Hour - Length, 61);
        await GapAsync(Guid.CreateVersion7(), 1, Hour + Duration.FromMinutes(30), Hour + Duration.FromMinutes(50), GapCause.Stalled);
        _clock.Advance(Duration.FromHours(1));

        await CountAsync();

        var item = await OnlyAsync();
        Assert.Equal((Hour, 50 * 60_000L, 30 * 60_000L, 20 * 60_000L), (item.From, item.WantedMs, item.PresentMs, item.MissingMs));
        Assert.Equal([KeyValuePair.Create("stalled", 20 * 60_000L)], item.Causes);
        Assert.Equal(("depot", _camera, "gate"), (item.Site, item.Camera, item.CameraName));
    }

    [Fact]
    public async Task LateNews_CountTheHourAnew_AndRepeatsChangeNothing()
    {
        var gap = Guid.CreateVersion7();
        await LandAsync(Hour, 60);
        await GapAsync(gap, 1, Hour + Duration.FromMinutes(30), null, GapCause.Network);
        _clock.Advance(Duration.FromHours(2));
        await CountAsync();
        Assert.Equal(90 * 60_000L, (await PageAsync()).Sum(i => i.MissingMs));

        // It lasted twenty minutes only, and the box recorded after it; a late segment begins in the hour and ends in the next.
        await GapAsync(gap, 2, Hour + Duration.FromMinutes(30), Hour + Duration.FromMinutes(50), GapCause.Network);
        await LandAsync(Hour + Duration.FromMinutes(50) - Duration.FromSeconds(15), 21);
        await CountAsync();
        var page = await PageAsync();
        Assert.Equal(20 * 60_000L - 15_000, page.Sum(i => i.MissingMs));
        Assert.Equal(15_000, page[1].PresentMs);

        await GapAsync(gap, 1, Hour + Duration.FromMinutes(30), null, GapCause.Network);
        await CountAsync();
        await CountAsync();
        Assert.Equal(page.Select(Text), (await PageAsync()).Select(Text));
    }

    [Fact]
    public async Task SilentBox_OwesItsHours_UntilItIsHeard()
    {
        await LandAsync(Hour, 120);
        await ReportAsync("recording", Hour + Duration.FromHours(1));
        _clock.Advance(Duration.FromHours(2));
        await CountAsync();
        Assert.Equal([0L, 3_600_000], (await PageAsync()).Select(i => i.MissingMs));
        Assert.Equal([CoverageHour.NotReported], (await PageAsync())[1].Causes.Keys);

        // It comes back and tells that it was off for half of that hour.
        await ReportAsync("recording", _clock.GetCurrentInstant());
        await GapAsync(Guid.CreateVersion7(), 1, Hour + Duration.FromMinutes(60), Hour + Duration.FromMinutes(90), GapCause.ProcessDown);
        await CountAsync();
        Assert.Equal([KeyValuePair.Create("process_down", 1_800_000L)], (await PageAsync())[1].Causes);
    }

    [Fact]
    public async Task IdleCamera_WantsNothing()
    {
        await ReportAsync("idle", Hour);
        _clock.Advance(Duration.FromHours(1));
        await CountAsync();

        Assert.Equal((0L, 0L), ((await OnlyAsync()).WantedMs, (await OnlyAsync()).MissingMs));
    }

    [Fact]
    public async Task Deletion_IsACause_AndStaysOne()
    {
        await LandAsync(Hour, 120);
        _clock.Advance(Duration.FromHours(1));
        await CountAsync();
        await using (var batch = _database.CreateBatch())
        {
            Tombstones.Append(batch, "main", "deleted", _clock.GetCurrentInstant(), new FootageDeletedData { Camera = _camera, From = Hour, To = Hour + Duration.FromMinutes(15), Reason = "age", Count = 30, Bytes = 5 });
            await batch.ExecuteNonQueryAsync(Token);
        }

        for (var i = 0; i < 2; i++)
        {
            await CountAsync();
            await ExecuteAsync("insert into coverage_due (tenant, camera, from_at, to_at) select tenant, camera, hour, hour + interval '1 hour' from coverage");
        }

        var item = await OnlyAsync();
        Assert.Equal((2_700_000L, 3_600_000L), (item.PresentMs, item.WantedMs));
        Assert.Equal([KeyValuePair.Create(CoverageHour.Deleted, 900_000L)], item.Causes);
    }

    [Fact]
    public async Task Days_AddUpTheirHours_AndPagesGiveEachOnce()
    {
        await LandAsync(Hour, 120 * 20);
        await GapAsync(Guid.CreateVersion7(), 1, Hour + Duration.FromHours(20), Hour + Duration.FromHours(22), GapCause.Network);
        _clock.Advance(Duration.FromHours(30));
        await CountAsync();

        var days = await PageAsync(byDay: true, limit: 1);
        Assert.Equal([14 * 3_600_000L, 8 * 3_600_000L], days.Select(d => d.WantedMs));
        Assert.Equal(2 * 3_600_000L, days[1].Causes["network"]);
        Assert.Equal((await PageAsync(limit: 7)).Sum(h => h.PresentMs), days.Sum(d => d.PresentMs));
        Assert.Equal(30, (await PageAsync(limit: 7)).Select(h => h.From).Distinct().Count());
        Assert.Empty((await new CoverageSearch(_database).PageAsync(Query() with { Tenant = "rival" }, false, null, 10, Token)).Items);
    }

    [Fact]
    public async Task HostileGap_MakesNoMoreThanItsReachCount()
    {
        await GapAsync(Guid.CreateVersion7(), 1, Instant.FromUtc(1971, 1, 1, 0, 0), Instant.FromUtc(9000, 1, 1, 0, 0), GapCause.Network);
        _clock.Advance(Duration.FromHours(1));

        Assert.Equal(CoverageLedger.Reach.TotalHours, await _ledger.RunAsync(Token));
    }

    [Fact]
    public async Task ManyCounters_ComeToTheSame()
    {
        await LandAsync(Hour, 120 * 5);
        _clock.Advance(Duration.FromHours(6));
        await _fold.RunAsync(Token);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new CoverageLedger(_database, new DayPartitions(_database), _clock).RunAsync(Token)));

        Assert.Equal([3_600_000L, 3_600_000, 3_600_000, 3_600_000, 3_600_000, 0], (await PageAsync()).Select(i => i.PresentMs));
    }

    private static string Text(CoverageItem item) => $"{item.From} {item.PresentMs} {item.MissingMs} {string.Join(',', item.Causes)}";

    private static EventQuery Query() => new("main", Hour, Hour + Duration.FromDays(3));

    private async Task<CoverageItem> OnlyAsync() => Assert.Single(await PageAsync());

    private async Task<List<CoverageItem>> PageAsync(bool byDay = false, int limit = 1000)
    {
        List<CoverageItem> all = [];
        string? cursor = null;
        do
        {
            var page = await new CoverageSearch(_database).PageAsync(Query(), byDay, cursor, limit, Token);
            all.AddRange(page.Items);
            cursor = page.Cursor;
        }
        while (cursor is not null);
        return all;
    }

    private async Task CountAsync()
    {
        await _fold.RunAsync(Token);
        await _ledger.RunAsync(Token);
    }

    private async Task LandAsync(Instant start, int count)
    {
        var rows = Enumerable.Range(0, count).Select(i => TestBox.Segment(_camera, start + (Length * i), Length))
            .Select(s => new LandingRow(_box.Id, s, Convert.FromHexString(s.Sha256), Convert.FromHexString(s.Root))).ToList();
        await using var batch = _database.CreateBatch();
        SegmentLanding.Append(batch, "main", _box.Id, _clock.GetCurrentInstant().InUtc().Date, rows);
        await batch.ExecuteNonQueryAsync(Token);
    }

    private async Task GapAsync(Guid gap, int revision, Instant start, Instant? end, GapCause cause)
    {
        await using var batch = _database.CreateBatch();
        GapStore.Append(batch, new BoxRecord("main", _box.Id, "depot"), new GapData { Gap = gap, Camera = _camera, Revision = revision, Start = start, End = end, Cause = cause });
        await batch.ExecuteNonQueryAsync(Token);
    }

    private Task ReportAsync(string condition, Instant at) => ExecuteAsync(
        """
        insert into camera_progress (tenant, camera, box, boot_seq, seq, condition, reported_at) values ('main', @_camera, @Id, 1, 1, @condition, @at)
        on conflict (tenant, camera) do update set condition = excluded.condition, reported_at = excluded.reported_at
        """,
        new { _camera, _box.Id, condition, at });

    private async Task ExecuteAsync(string sql, object? values = null)
    {
        await using var connection = await _database.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(sql, values);
    }
}
