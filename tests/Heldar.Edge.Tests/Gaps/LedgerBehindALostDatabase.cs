using Dapper;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recorder;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using Heldar.Media.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Gaps;

/// <summary>The ledger of a whole box goes on where it was when the database is lost and the seal log is too long to be read first.</summary>
public sealed class LedgerBehindALostDatabase : IAsyncLifetime
{
    private const string Yaml = "cameras: [{ id: gate, url: 'rtsp://10.0.0.1/' }]";
    private const int Hours = 6;
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _long;
    private BoxFixture _box = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_box.Folder, "recordings");

    private BoxStore Store => _box.App.Services.GetRequiredService<BoxStore>();

    [Fact]
    public async Task GapThatLasts_IsTheSame_AndEndsOnce()
    {
        // Footage for a moment, then the camera is gone for hours.
        await RecordAsync();
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Offline, Failure = StreamFailure.Refused, Since = _box.Clock.Now, Cause = "refused" };
        await UntilAsync("the gap is open", async () => await GapsAsync() is [{ Open: true }]);
        var began = (await GapsAsync())[0];
        for (var hour = 0; hour < Hours; hour++)
        {
            _box.Clock.Advance(Duration.FromHours(1));
            // A box with cameras that record seals all the time.
            var writer = _box.App.Services.GetRequiredService<VolumeWriters>().All[0];
            await writer.SealAsync(new SealRecord { Type = SealType.Noted, Cause = "an hour" }, Cancellation);
            await UntilAsync("the new file says what stands", () => Task.FromResult(Standing() is { } stands && stands.Hour == SealFiles.Hours(Root)[^1]));
        }

        Assert.Equal(began.Id, Standing()!.Record.Standing!.Cameras.Single().Gap!.Gap);
        _long = true;
        await _box.RestartAsync(Yaml, Duration.FromSeconds(5), LoseDatabase);
        Assert.True(Store.IsFilling);
        await RecordAsync();
        await UntilAsync("the gap ended", async () => await GapsAsync() is [{ Open: false }]);
        Assert.True(Store.IsFilling);
        Assert.Equal((began.Id, 1), ((await GapsAsync()).Single().Id, await WishesAsync()));
        _goOn.SetResult();
        await Store.FilledAsync(Cancellation);

        Assert.False(Store.IsFilling);
        var ended = (await GapsAsync()).Single();
        Assert.Equal((began.Id, false, 1), (ended.Id, ended.Open, await WishesAsync()));
        Assert.True(ended.Revision > began.Revision);
        var coverage = await _box.JsonAsync("GET", "/api/v1/cameras/gate/coverage?from=2026-11-21T00:00:00Z");
        Assert.True(coverage.GetProperty("by_cause").GetProperty("camera_unreachable").GetProperty("seconds").GetDouble() > Hours * 3600, coverage.ToString());
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(Yaml, new ManualClock(Instant.FromUtc(2026, 11, 21, 4, 0)), s =>
    {
        if (_long) s.AddSingleton(p => new IndexRebuild(p.GetRequiredService<BoxStore>(), p.GetRequiredService<IndexWriter>(), NullLogger<IndexRebuild>.Instance) { ShortBytes = 0, GroupSize = 1, Rest = c => new(_goOn.Task.WaitAsync(c)) });
    });

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static void LoseDatabase(string data)
    {
        foreach (var file in Directory.GetFiles(data, "box.db*")) File.Delete(file);
    }

    private async Task RecordAsync()
    {
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Streaming, Since = _box.Clock.Now };
        // The ledger has looked: a wish begins with the first look, and footage must come behind it.
        await UntilAsync("the pipeline runs", () => Task.FromResult(_box.Pipelines.Running.Any() && Standing() is not null));
        var since = _box.Clock.Now;
        _box.Clock.Advance(Duration.FromSeconds(3));
        _box.Pipelines.Running.Single().Recorder = new RecorderProgress { RecordedSince = since, RecordedThrough = _box.Clock.Now, MediaEnd = _box.Clock.Now };
        await UntilAsync("the wish is noted", async () => await WishesAsync() > 0 && Standing() is not null);
    }

    private SealEntry? Standing() => new SealReader(Root).Read(null, Cancellation).LastOrDefault(e => e.Record.Standing is not null);

    private async Task<List<(Guid Id, int Revision, bool Open)>> GapsAsync() => await Store.ReadAsync(
        db => GapRows.Find(db, _box.Cameras.Find("gate")!.Uid, Instant.FromUtc(2026, 11, 21, 0, 0), Instant.FromUtc(2026, 11, 23, 0, 0), 10).Select(g => (g.Gap, g.Revision, g.End is null)).ToList(), Cancellation);

    private Task<long> WishesAsync() => Store.ReadAsync(db => db.ExecuteScalar<long>("SELECT count(*) FROM wanted"), Cancellation);

    private static Task UntilAsync(string what, Func<Task<bool>> so) => Eventually.TrueAsync(so, what, seconds: 30);
}
