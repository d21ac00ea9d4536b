using Dapper;
using Heldar.Edge.Gaps;
using Heldar.Edge.Recorder;
using Heldar.Edge.Seals;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using Heldar.Media.Tests;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Gaps;

/// <summary>Every line of the ledger comes into the seal log, also when the log refuses it first: later, and after a restart.</summary>
public sealed class LedgerThatTheDiskRefuses : IAsyncLifetime
{
    private const string Yaml = "cameras: [{ id: gate, url: 'rtsp://10.0.0.1/' }]";
    private BoxFixture _box = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_box.Folder, "recordings");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BeginAndEnd_AreSealedLater(bool restart)
    {
        // The seal log cannot begin its next day.
        var tomorrow = Path.Combine(Root, SealFiles.Folder, "2026", "11", "22");
        Directory.CreateDirectory(Path.GetDirectoryName(tomorrow)!);
        await File.WriteAllTextAsync(tomorrow, "in the way", Cancellation);
        _box.Clock.Advance(Duration.FromSeconds(15));
        var begin = _box.Clock.Now;
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Offline, Failure = StreamFailure.Refused, Since = begin, Cause = "refused" };
        await UntilAsync("the gap is in the database", async () => await GapAsync() is { Open: true });

        // Footage is back: the revision that ends the gap is refused too.
        _box.Clock.Advance(Duration.FromSeconds(20));
        var back = _box.Clock.Now;
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Streaming, Since = back };
        _box.Clock.Advance(Duration.FromSeconds(3));
        _box.Pipelines.Running.Single().Recorder = new RecorderProgress { RecordedSince = back, RecordedThrough = _box.Clock.Now, MediaEnd = _box.Clock.Now };
        await UntilAsync("the gap ended in the database", async () => await GapAsync() is { Open: false });
        Assert.DoesNotContain(Sealed(), s => s.Type is SealType.Gap or SealType.Wanted);
        Assert.True(await DueAsync() > 0);

        File.Delete(tomorrow);
        if (restart) await _box.RestartAsync(Yaml, Duration.FromSeconds(1));
        var (id, revision, _) = (await GapAsync())!.Value;
        await UntilAsync("the newest revision is sealed", () =>
        {
            _box.Clock.Advance(Duration.FromSeconds(1));
            return Sealed().Any(s => s.Missing is { } gap && gap.Gap == id && gap.Revision == revision && gap.End is not null);
        });
        Assert.Contains(Sealed(), s => s.Type == SealType.Wanted);
        await UntilAsync("nothing is due", async () =>
        {
            _box.Clock.Advance(Duration.FromSeconds(1));
            return await DueAsync() == 0;
        });
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(Yaml, new ManualClock(Instant.FromUtc(2026, 11, 21, 23, 59, 50)));

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private List<SealRecord> Sealed() => [.. new SealReader(Root).Read(null, Cancellation).Select(e => e.Record)];

    private async Task<(Guid Id, int Revision, bool Open)?> GapAsync() => await Store.ReadAsync(
        db => GapRows.Find(db, _box.Cameras.Find("gate")!.Uid, Instant.FromUtc(2026, 11, 22, 0, 0), Instant.FromUtc(2026, 11, 23, 0, 0), 10) is [var gap, ..] ? ((Guid, int, bool)?)(gap.Gap, gap.Revision, gap.End is null) : null,
        Cancellation);

    private Task<long> DueAsync() => Store.ReadAsync(db => db.ExecuteScalar<long>("SELECT count(*) FROM seal_due"), Cancellation);

    private BoxStore Store => _box.App.Services.GetRequiredService<BoxStore>();

    private static Task UntilAsync(string what, Func<bool> so) => Eventually.TrueAsync(so, what, seconds: 30);

    private static Task UntilAsync(string what, Func<Task<bool>> so) => Eventually.TrueAsync(so, what, seconds: 30);
}
