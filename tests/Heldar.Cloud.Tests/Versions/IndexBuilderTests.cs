using Dapper;
using Heldar.Cloud.Index;
using Heldar.Cloud.Tests.Migrations;
using Heldar.Cloud.Versions;
using Heldar.Contracts.Events;
using Heldar.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Versions;

/// <summary>A new version of the index, built and switched to while the old one is searched and folded.</summary>
public sealed class IndexBuilderTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 20, 22, 0);
    private static readonly Duration Length = Duration.FromSeconds(30);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly ManualClock _clock = new(Instant.FromUtc(2026, 11, 21, 12, 0));
    private readonly TestBox _box = new();
    private readonly AzuriteFixture _storage = new();
    private TwoRoles _roles = null!;
    private NpgsqlDataSource _database = null!;
    private ManifestStore _manifests = null!;
    private SpanFold _fold = null!;
    private Guid _camera;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IndexVersions Versions => new(_database);

    private IndexBuilder Builder => new(_roles.Pipeline, _manifests, IndexRetention.Everything, TimeProvider.System, NullLogger<IndexBuilder>.Instance);

    private RecordingSearch Search => new(_database, _manifests);

    public async ValueTask InitializeAsync()
    {
        // A storage account of its own: a build reads every manifest that is in it.
        await _storage.InitializeAsync();
        _roles = await TwoRoles.CreateAsync(postgres, _clock.GetCurrentInstant(), Token);
        _database = _roles.Fleet;
        await _box.RegisterAsync(_database);
        _camera = await _box.AddCameraAsync(_database, "gate");
        _manifests = new(_storage.ConnectionString);
        _fold = new(_roles.Pipeline, _manifests, _clock, NullLogger<SpanFold>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _roles.DisposeAsync();
        await _storage.DisposeAsync();
    }

    [Fact]
    public async Task NewVersion_SaysWhatTheOldOneSaid_AndTakesItsPlace()
    {
        var all = await LandAsync(Start, 600);
        await _fold.RunAsync(Token);
        // History that a rebuild has to come through to the same end: a revision, late footage, a deletion.
        await LandAsync([all[3] with { Revision = 2, Sha256 = new string('c', 64) }, TestBox.Segment(_camera, Start - Length, Length)]);
        await DeleteAsync(Start, Start + (Length * 2));
        await _fold.RunAsync(Token);
        var before = await AllAsync();
        var proof = await Search.ProofAsync("main", _camera, all[3].Start, Token);
        Assert.Equal(2, proof!.Revision);

        Assert.Null(await Versions.StartAsync(Token));
        Assert.NotNull(await Versions.StartAsync(Token));
        Assert.Equal(BuildOutcome.Switched, await Builder.StepAsync(Long, Token));

        Assert.Equal([(2, "current"), (1, "retired")], (await Versions.ListAsync(Token)).Select(v => (v.Version, v.State)));
        Assert.Equal(before, await AllAsync());
        Assert.Equal(proof, await Search.ProofAsync("main", _camera, all[3].Start, Token));
        Assert.Equal(["span", "span_list"], await TablesAsync());

        // Life goes on in the new tables, and the next version after it.
        await LandAsync(Start + Duration.FromHours(8), 10);
        await _fold.RunAsync(Token);
        Assert.Equal(before.Count + 10, (await AllAsync()).Count);
        Assert.Null(await Versions.StartAsync(Token));
        Assert.Equal(BuildOutcome.Switched, await Builder.StepAsync(Long, Token));
        Assert.Equal(before.Count + 10, (await AllAsync()).Count);
    }

    [Fact]
    public async Task Searches_NeverMissAnything_WhileItIsBuiltFoldedAndSwitched()
    {
        await LandAsync(Start, 1200);
        await _fold.RunAsync(Token);
        var landed = 1200;
        var expected = 1200;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var searches = 0;
        var searching = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(
            async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    var least = Volatile.Read(ref expected);
                    Assert.InRange((await AllAsync()).Count, least, int.MaxValue);
                    Interlocked.Increment(ref searches);
                }
            },
            Token)));
        var folding = Task.Run(
            async () =>
            {
                for (var i = 0; !end.IsCancellationRequested && i < 200; i++)
                {
                    await LandAsync([TestBox.Segment(_camera, Start + (Length * landed++) + Duration.FromMilliseconds(1), Length)]);
                    Interlocked.Increment(ref expected);
                    await _fold.RunAsync(Token);
                }
            },
            Token);

        for (var version = 0; version < 3; version++)
        {
            Assert.Null(await Versions.StartAsync(Token));
            await BuiltAsync();
        }

        await end.CancelAsync();
        await searching;
        await folding;
        Assert.Equal(expected, (await AllAsync()).Count);
        Assert.True(searches > 3, $"{searches} searches");
        Assert.Equal(4, (await Versions.ListAsync(Token))[0].Version);
    }

    [Fact]
    public async Task VersionThatDiffers_WaitsForADecision()
    {
        await LandAsync(Start, 10);
        await _fold.RunAsync(Token);
        // A row that no stored manifest accounts for.
        await ExecuteAsync("insert into span select tenant, camera, hour - interval '1 hour', box, segments, bytes, first_at, last_at, sha256('x'), manifest, folded_at from span");

        Assert.Null(await Versions.StartAsync(Token));
        Assert.Equal(BuildOutcome.Differs, await Builder.StepAsync(Long, Token));
        Assert.Equal(BuildOutcome.Differs, await Builder.StepAsync(Long, Token));
        Assert.StartsWith("1 camera-hours differ", (await Versions.ListAsync(Token))[0].Differences, StringComparison.Ordinal);

        Assert.True(await Versions.AcceptAsync(Token));
        Assert.Equal(BuildOutcome.Switched, await Builder.StepAsync(Long, Token));
        Assert.Equal(10, (await AllAsync()).Count);
        Assert.False(await Versions.AcceptAsync(Token));
    }

    [Fact]
    public async Task VersionThatIsGivenUp_LeavesNothing()
    {
        await LandAsync(Start, 10);
        await _fold.RunAsync(Token);
        Assert.Null(await Versions.StartAsync(Token));
        Assert.Equal(BuildOutcome.Working, await Builder.StepAsync(TimeSpan.Zero, Token));

        Assert.True(await Versions.AbandonAsync(Token));

        Assert.Equal(BuildOutcome.Idle, await Builder.StepAsync(Long, Token));
        Assert.Equal(["span", "span_list"], await TablesAsync());
        Assert.Equal([(2, "abandoned"), (1, "current")], (await Versions.ListAsync(Token)).Select(v => (v.Version, v.State)));
        Assert.Null(await Versions.StartAsync(Token));
        Assert.Equal(BuildOutcome.Switched, await Builder.StepAsync(Long, Token));
    }

    private async Task BuiltAsync()
    {
        for (var i = 0; i < 100; i++)
            if (await Builder.StepAsync(Long, Token) == BuildOutcome.Switched) return;
        Assert.Fail("it is never switched");
    }

    private async Task<List<SegmentData>> LandAsync(Instant start, int count)
    {
        List<SegmentData> segments = [.. Enumerable.Range(0, count).Select(i => TestBox.Segment(_camera, start + (Length * i), Length))];
        await LandAsync(segments);
        return segments;
    }

    private async Task LandAsync(List<SegmentData> segments)
    {
        await using var batch = _database.CreateBatch();
        SegmentLanding.Append(batch, "main", _box.Id, _clock.GetCurrentInstant().InUtc().Date, [.. segments.Select(s => new LandingRow(_box.Id, s, Convert.FromHexString(s.Sha256), Convert.FromHexString(s.Root)))]);
        await batch.ExecuteNonQueryAsync(Token);
    }

    private async Task DeleteAsync(Instant from, Instant to)
    {
        await using var batch = _database.CreateBatch();
        Tombstones.Append(batch, "main", "deleted", _clock.GetCurrentInstant(), new FootageDeletedData { Camera = _camera, From = from, To = to, Reason = "age", Count = 2, Bytes = 5 });
        await batch.ExecuteNonQueryAsync(Token);
    }

    private async Task<List<(Instant Start, Instant End, long Bytes)>> AllAsync()
    {
        List<(Instant, Instant, long)> all = [];
        string? cursor = null;
        do
        {
            var page = await Search.PageAsync(new RecordingQuery("main", Start - Duration.FromDays(1), Start + Duration.FromDays(2)), cursor, RecordingQuery.MaxLimit, Token);
            // Landing knows bytes, spans KiB.
            all.AddRange(page.Items.Select(i => (i.Start, i.End, (i.Bytes + 1023) / 1024)));
            cursor = page.Cursor;
        }
        while (cursor is not null);
        return all;
    }

    private async Task<IReadOnlyList<string>> TablesAsync()
    {
        await using var connection = await _database.OpenConnectionAsync(Token);
        return [.. await connection.QueryAsync<string>("select relname::text from pg_class where relkind = 'p' and relname like 'span%' order by 1")];
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await _database.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(sql);
    }
}
