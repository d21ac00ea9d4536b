using Dapper;
using Heldar.Cloud.Database;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Index;

/// <summary>Landing, fold and search on a real database and blob store, judged by the box's own list of what it sent.</summary>
public sealed partial class IndexTests(PostgresFixture postgres, AzuriteFixture azurite) : IAsyncLifetime
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 20, 22, 17, 30);
    private static readonly Duration Length = Duration.FromSeconds(30);

    private readonly ManualClock _clock = new(Instant.FromUtc(2026, 11, 21, 5, 0));
    private readonly TestBox _box = new();
    private NpgsqlDataSource _database = null!;
    private RecordingSearch _search = null!;
    private SpanFold _fold = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = DatabaseServiceCollectionExtensions.Create(await postgres.CreateDatabaseAsync());
        await Migrator.MigrateAsync(_database, Token);
        await IndexPartitions.EnsureAsync(_database, _clock.GetCurrentInstant(), Token);
        await _box.RegisterAsync(_database);
        var manifests = new ManifestStore(azurite.ConnectionString);
        (_search, _fold) = (new(_database, manifests), new(_database, manifests, _clock, NullLogger<SpanFold>.Instance));
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Fold_ChangesNothingThatSearchSays()
    {
        var cameras = await CamerasAsync(3);
        foreach (var camera in cameras) await LandAsync([.. Enumerable.Range(0, 400).Select(i => TestBox.Segment(camera, Start + (Length * i), Length))]);
        var before = await AllAsync(60);

        var done = await _fold.RunAsync(Token);

        Assert.Equal(1200, done.Segments);
        Assert.Equal(0, await CountAsync("segment_landing"));
        Assert.Equal(before.Select(Place), (await AllAsync(60)).Select(Place));
        Assert.True(await _database.CreateCommand("select bool_and(octet_length(packed) = 8 * segments) from span join span_list using (tenant, camera, hour, box)").ExecuteScalarAsync(Token) is true);
    }

    [Fact]
    public async Task Timeline_HoldsOnePieceAnHour_HoweverManySegmentsThereAre()
    {
        var camera = (await CamerasAsync(1))[0];
        await LandAsync([.. Enumerable.Range(0, 600).Where(i => i is not (100 or 101)).Select(i => TestBox.Segment(camera, Start + (Length * i), Length))]);
        var query = new RecordingQuery("main", Start - Length, Start + Duration.FromDays(1));
        var before = Assert.Single(await _search.TimelineAsync(query, Token));
        await _fold.RunAsync(Token);

        var after = Assert.Single(await _search.TimelineAsync(query, Token));
        var pieces = (await new FootageReader(_database, query).TimelineAsync(RecordingSearch.Tolerance, Token)).Pieces;

        Assert.Equal(2, before.Spans.Count);
        Assert.Equal(before.Spans, after.Spans);
        // Six hours and one gap.
        Assert.Equal(7, pieces.Count);
    }

    [Fact]
    public async Task Fold_MergesLateSegments_ByIdAndRevision()
    {
        var camera = (await CamerasAsync(1))[0];
        var all = Enumerable.Range(0, 50).Select(i => TestBox.Segment(camera, Start + (Length * i), Length)).ToList();
        await LandAsync([.. all.Where((_, i) => i % 3 != 0)]);
        await _fold.RunAsync(Token);
        var revised = all[1] with { Revision = 2, Sha256 = new string('c', 64), Reason = "restored" };

        await LandAsync([.. all, revised]);
        await _fold.RunAsync(Token);
        await LandAsync(all);

        // The old revision is in landing again: the folded one is what counts.
        Assert.Equal((2, revised.Sha256), (await _search.ProofAsync("main", camera, all[1].Start, Token)) is { } told ? (told.Revision, told.Sha256) : default);
        await _fold.RunAsync(Token);

        Assert.Equal(all.Select(s => (s.Start, s.End)), (await AllAsync(1000)).Select(i => (i.Start, i.End)));
        Assert.Equal((2, revised.Sha256), (await _search.ProofAsync("main", camera, all[1].Start, Token)) is { } proof ? (proof.Revision, proof.Sha256) : default);
        Assert.Equal(0, await CountAsync("segment_conflict"));
    }

    [Fact]
    public async Task Fold_ReportsAConflict_AndKeepsTheKnownHash()
    {
        var camera = (await CamerasAsync(1))[0];
        var known = TestBox.Segment(camera, Start, Length);
        await LandAsync([known]);
        await _fold.RunAsync(Token);
        await LandAsync([known with { Sha256 = new string('d', 64) }]);
        Assert.Equal(known.Sha256, (await _search.ProofAsync("main", camera, Start, Token))!.Sha256);

        Assert.Equal(1, (await _fold.RunAsync(Token)).Conflicts);
        Assert.Equal(1, await CountAsync("segment_conflict"));
        Assert.Equal(known.Sha256, (await _search.ProofAsync("main", camera, Start, Token))!.Sha256);
    }

    [Fact]
    public async Task Fold_LeavesTheCurrentHourAlone()
    {
        var camera = (await CamerasAsync(1))[0];
        await LandAsync([TestBox.Segment(camera, _clock.GetCurrentInstant() - Duration.FromMinutes(1), Length)]);

        Assert.Equal(0, (await _fold.RunAsync(Token)).Hours);
        Assert.Equal(1, await CountAsync("segment_landing"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tombstone_HidesWhatWasOpenedBeforeIt_WhetherItComesFirstOrLast(bool first)
    {
        var camera = (await CamerasAsync(1))[0];
        var segments = Enumerable.Range(0, 10).Select(i => TestBox.Segment(camera, Start + (Length * i), Length)).ToList();
        var refilled = TestBox.Segment(camera, Start + (Length * 2), Length, id: Guid.CreateVersion7(Start.Plus(Duration.FromHours(3)).ToDateTimeOffset()));
        if (first) await DeleteAsync(camera, Start, Start + (Length * 5), Start + Duration.FromHours(2));
        await LandAsync([.. segments, refilled]);
        if (!first) await DeleteAsync(camera, Start, Start + (Length * 5), Start + Duration.FromHours(2));

        Instant[] kept = [refilled.Start, .. segments.Skip(5).Select(s => s.Start)];
        Assert.Equal(kept, (await AllAsync(100)).Select(i => i.Start));
        await _fold.RunAsync(Token);
        Assert.Equal(kept, (await AllAsync(100)).Select(i => i.Start));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Pages_GiveEverySegmentOnce_InOrder_AcrossLandingAndSpans(int limit)
    {
        var random = new Random(limit);
        var cameras = await CamerasAsync(4);
        var sent = cameras.SelectMany(c => Enumerable.Range(0, 60).Select(i => TestBox.Segment(c, Start + (Length * i) + Duration.FromMilliseconds(random.Next(200)), Duration.FromSeconds(29)))).ToList();
        await LandAsync([.. sent.Where((_, i) => i % 2 == 0)]);
        await _fold.RunAsync(Token);
        await LandAsync([.. sent.Where((_, i) => i % 2 != 0)]);
        var (from, to) = (Start + (Length * 10), Start + (Length * 40));

        var wanted = sent.Where(s => s.Start < to && s.End > from).OrderBy(s => s.Start).ThenBy(s => s.Camera.ToString("D"), StringComparer.Ordinal).Select(s => (s.Camera, s.Start)).ToList();

        Assert.Equal(wanted, (await AllAsync(limit, from, to)).Select(i => (i.Camera, i.Start)));
    }

    [Fact]
    public async Task Tenant_SeesOnlyItself()
    {
        using var other = new TestBox { Tenant = "other" };
        await other.RegisterAsync(_database);
        var theirs = await other.AddCameraAsync(_database, "gate");
        await LandAsync([TestBox.Segment(theirs, Start, Length)], other);
        await LandAsync([TestBox.Segment(theirs, Start + Duration.FromHours(6), Length)], other);
        await _fold.RunAsync(Token);

        foreach (var camera in new IReadOnlyList<Guid>?[] { null, [theirs] })
        {
            var query = new RecordingQuery("main", Start - Length, Start + Duration.FromDays(1), Cameras: camera);
            Assert.Empty((await _search.PageAsync(query, null, 100, Token)).Items);
            Assert.All(await _search.TimelineAsync(query, Token), c => Assert.Empty(c.Spans));
        }

        Assert.Null(await _search.ProofAsync("main", theirs, Start, Token));
        Assert.Equal(2, (await _search.PageAsync(new RecordingQuery("other", Start - Length, Start + Duration.FromDays(1)), null, 100, Token)).Items.Count);
    }

    [Fact]
    public async Task Timeline_MergesNeighbours_AndKeepsGaps()
    {
        var camera = (await CamerasAsync(1))[0];
        await LandAsync([.. Enumerable.Range(0, 10).Where(i => i != 5).Select(i => TestBox.Segment(camera, Start + (Length * i), Length))]);
        var query = new RecordingQuery("main", Start + Duration.FromSeconds(10), Start + Duration.FromHours(1));

        var spans = Assert.Single(await _search.TimelineAsync(query, Token)).Spans;

        long At(int seconds) => (Start + Duration.FromSeconds(seconds)).ToUnixTimeMilliseconds();
        Assert.Equal([[At(10), At(150)], [At(180), At(300)]], spans);
    }

    [Fact]
    public async Task Manifest_ThatWasChanged_IsRefused()
    {
        var store = new ManifestStore(azurite.ConnectionString);
        var (blob, root) = await store.WriteAsync(new HourManifest("main", Guid.CreateVersion7(), _box.Id, PackedSpan.HourOf(Start), []), Token);
        root[0] ^= 1;

        await Assert.ThrowsAsync<InvalidDataException>(() => store.ReadAsync(blob, root, Token));
        await Assert.ThrowsAsync<InvalidDataException>(() => store.ReadAsync("main/none.json", root, Token));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
    public async Task Page_RefusesAStrangeCursor(string cursor) =>
        await Assert.ThrowsAsync<ArgumentException>(() => _search.PageAsync(new RecordingQuery("main", Start, Start + Length), cursor, 10, Token));

    [Fact]
    public async Task Fold_KeepsWhatLandsWhileItRuns()
    {
        var camera = (await CamerasAsync(1))[0];
        await LandAsync([TestBox.Segment(camera, Start, Length)]);
        await using var blocker = await _database.OpenConnectionAsync(Token);
        await using var transaction = await blocker.BeginTransactionAsync(Token);
        await blocker.ExecuteAsync("lock table span in share mode", transaction: transaction);
        var folding = _fold.RunAsync(Token);
        while (await CountAsync("pg_locks where not granted") == 0) await Task.Yield();
        await LandAsync([TestBox.Segment(camera, Start + Length, Length)]);
        await transaction.RollbackAsync(Token);
        await folding;
        Assert.Equal(2, (await AllAsync(100)).Count);
    }

    [Fact]
    public async Task Tombstone_HidesWhatIsFoldedAlready_AtOnce_AndAfterTheNextFold()
    {
        var camera = (await CamerasAsync(1))[0];
        var kept = TestBox.Segment(camera, Start + Length, Length);
        await LandAsync([TestBox.Segment(camera, Start, Length), kept]);
        await _fold.RunAsync(Token);
        await DeleteAsync(camera, Start, Start + Length, Start + Duration.FromHours(2));

        Assert.Equal([kept.Start], (await AllAsync(100)).Select(i => i.Start));
        Assert.Equal(1, (await _fold.RunAsync(Token)).Hours);
        Assert.Equal(0, (await _fold.RunAsync(Token)).Hours);
        Assert.Equal([kept.Start], (await AllAsync(100)).Select(i => i.Start));
        Assert.Null(await _search.ProofAsync("main", camera, Start, Token));
    }

    [Fact]
    public async Task Tombstone_ThatIsWrittenWhileTheHourIsFolded_IsFoldedLater()
    {
        var camera = (await CamerasAsync(1))[0];
        await LandAsync([TestBox.Segment(camera, Start, Length)]);
        await using var writer = await _database.OpenConnectionAsync(Token);
        await using var transaction = await writer.BeginTransactionAsync(Token);
        await using var batch = new NpgsqlBatch(writer, transaction);
        Tombstones.Append(batch, "main", "late", Start + Duration.FromHours(2), new FootageDeletedData { Camera = camera, From = Start, To = Start + Length, Reason = "age", Count = 1, Bytes = 5 });
        await batch.ExecuteNonQueryAsync(Token);

        await _fold.RunAsync(Token);
        await transaction.CommitAsync(Token);
        Assert.Equal(1, (await _fold.RunAsync(Token)).Hours);

        Assert.Empty(await AllAsync(100));
        Assert.Equal(0, await CountAsync("span"));
        Assert.Equal(0, (await _fold.RunAsync(Token)).Hours);
    }

    [Fact]
    public async Task DamagedHour_DoesNotKeepOthersFromBeingFolded()
    {
        var cameras = await CamerasAsync(2);
        await LandAsync([TestBox.Segment(cameras[0], Start, Length)]);
        await _fold.RunAsync(Token);
        await _database.CreateCommand("update span set root = decode(repeat('00', 32), 'hex')").ExecuteNonQueryAsync(Token);
        await LandAsync([TestBox.Segment(cameras[0], Start + Length, Length)]);
        await LandAsync([TestBox.Segment(cameras[1], Start + Duration.FromHours(2), Length)]);

        var done = await _fold.RunAsync(Token);

        Assert.Equal((1, 1), (done.Hours, done.Failed));
        Assert.Equal(1, await CountAsync("segment_landing"));
    }

    [Theory]
    [InlineData("2019-12-31T23:00:00Z")]
    [InlineData("2026-11-23T00:00:00Z")]
    [InlineData("2026-11-20T22:00:00.0005Z")]
    public void Landing_RefusesTimesThatNoBoxWrites(string start)
    {
        var at = NodaTime.Text.InstantPattern.ExtendedIso.Parse(start).Value;

        Assert.NotNull(LandingRow.Check(TestBox.Segment(Guid.CreateVersion7(), Start, Length) with { Start = at, End = at + Length }, _clock.GetCurrentInstant(), out _, out _));
    }

    private static (Guid Camera, Guid Box, Instant Start, Instant End) Place(RecordingItem item) => (item.Camera, item.Box, item.Start, item.End);

    private async Task<List<Guid>> CamerasAsync(int count)
    {
        List<Guid> cameras = [];
        for (var i = 0; i < count; i++) cameras.Add(await _box.AddCameraAsync(_database, $"cam{i}"));
        return cameras;
    }

    private async Task LandAsync(IReadOnlyList<SegmentData> segments, TestBox? from = null)
    {
        var box = from ?? _box;
        var rows = segments.Select(s => LandingRow.Check(s, _clock.GetCurrentInstant(), out var sha, out var root) is null ? new LandingRow(box.Id, s, sha, root) : throw new InvalidOperationException("bad test data")).ToList();
        await using var batch = _database.CreateBatch();
        SegmentLanding.Append(batch, box.Tenant, box.Id, _clock.GetCurrentInstant().InUtc().Date, rows);
        await batch.ExecuteNonQueryAsync(Token);
    }

    private async Task DeleteAsync(Guid camera, Instant from, Instant to, Instant at)
    {
        await using var batch = _database.CreateBatch();
        Tombstones.Append(batch, "main", Guid.NewGuid().ToString(), at, new FootageDeletedData { Camera = camera, From = from, To = to, Reason = "age", Count = 5, Bytes = 5 });
        await batch.ExecuteNonQueryAsync(Token);
    }

    private Task<List<RecordingItem>> AllAsync(int limit, Instant? from = null, Instant? to = null) => AllAsync(new RecordingQuery("main", from ?? Start - Length, to ?? Start + Duration.FromDays(1)), limit);

    private async Task<List<RecordingItem>> AllAsync(RecordingQuery query, int limit)
    {
        List<RecordingItem> all = [];
        string? cursor = null;
        do
        {
            var page = await _search.PageAsync(query, cursor, limit, Token);
            Assert.True(page.Items.Count <= limit);
            all.AddRange(page.Items);
            cursor = page.Cursor;
        }
        while (cursor is not null);
        return all;
    }

    private async Task<long> CountAsync(string table)
    {
        await using var connection = await _database.OpenConnectionAsync(Token);
        return await connection.ExecuteScalarAsync<long>($"select count(*) from {table}");
    }
}
