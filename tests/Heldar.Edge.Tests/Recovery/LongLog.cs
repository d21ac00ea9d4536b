using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Retention;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Recovery;

/// <summary>A box with a day of seal logs: footage of cameras that record always, long ago, and by nobody's noted wish; gaps, wishes, holds, and deletions before and after them.</summary>
internal sealed class LongLog : IAsyncDisposable
{
    public static readonly Guid Gate = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    public static readonly Guid Yard = Guid.Parse("0190c0de-0000-7000-8000-000000000003");
    public static readonly Guid Shed = Guid.Parse("0190c0de-0000-7000-8000-000000000004");
    private const int Hours = 12;
    private static readonly IReadOnlyDictionary<Guid, string> Slugs = new Dictionary<Guid, string> { [Gate] = "gate", [Yard] = "yard", [Shed] = "shed" };
    private static readonly string[] Tables = ["segment", "footage_span", "footage_deleted", "hold", "hold_seal", "gap", "wanted", "camera_total", "camera_volume_total"];
    private int _rests;

    public LongLog() => Box.Replays = [new GapReplay(Box.Outbox)];

    public RetentionFixture Retention { get; } = new();

    public RecordingFixture Box => Retention.Box;

    /// <summary>False for logs as versions before wrote them.</summary>
    public bool SaysWhatStands { get; set; } = true;

    /// <summary>Filling stops behind the group of this number, until the process ends or <see cref="GoOn"/>; 0 for never.</summary>
    public int PauseBehind { get; set; }

    public TaskCompletionSource Paused { get; private set; } = new();

    public TaskCompletionSource GoOn { get; private set; } = new();

    /// <summary>The next starts fill the index while the box records.</summary>
    public void FillWhileRecording(long shortBytes = 0)
    {
        (Paused, GoOn, _rests) = (new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        Box.Rebuilds = box => new IndexRebuild(box.Store, box.IndexWriter, NullLogger<IndexRebuild>.Instance) { ShortBytes = shortBytes, GroupSize = 5, Rest = RestAsync };
    }

    /// <summary>Twelve hours, each in a seal file of its own.</summary>
    public async Task FillAsync()
    {
        await WantAsync(Gate, Box.Clock.Now, null);
        await WantAsync(Yard, Box.Clock.Now, Box.Clock.Now + Duration.FromHours(1));
        for (var hour = 0; hour < Hours; hour++)
        {
            if (SaysWhatStands) await StandsAsync();
            // One that ended before anybody noted the next.
            if (hour == 5) await WantAsync(Shed, Box.Clock.Now - Duration.FromMinutes(2), Box.Clock.Now + Duration.FromMinutes(1));
            await RecordAsync(Gate, "gate");
            if (hour is 2 or 3) await RecordAsync(Yard, "yard");
            if (hour is 4 or 5) await RecordAsync(Shed, "shed");
            if (hour == 4) await GapAsync(Gate, Box.Clock.Now, Duration.FromMinutes(3));
            if (hour == 5) await GapAsync(Yard, Box.Clock.Now, null);
            if (hour == 7) await GapAsync(Shed, Box.Clock.Now, null);
            if (hour is 3 or Hours - 1) await DeleteAsync(4);
            // Over what was deleted, what is left, and what nobody has recorded.
            if (hour == 6) await Retention.HoldAsync(Gate, Box.Clock.Now - Duration.FromHours(6), Box.Clock.Now - Duration.FromHours(5), caseId: "theft");
            if (hour == 7) await Retention.HoldAsync(Yard, Box.Clock.Now - Duration.FromHours(6), Box.Clock.Now);
            if (hour == Hours - 1) await Retention.HoldAsync(Gate, Box.Clock.Now - Duration.FromHours(9), Box.Clock.Now - Duration.FromHours(7));
            await SealedAsync();
            Retention.Pass(Duration.FromHours(1));
        }
    }

    /// <summary>Everything that the seal logs bring back.</summary>
    public Task<List<string>> RowsAsync() => Box.Store.ReadAsync(
        db => Tables.SelectMany(t => db.Query($"SELECT * FROM {t}").Select(row => t + ": " + string.Join(", ", ((IDictionary<string, object?>)row).Select(c => $"{c.Key}={c.Value}"))).Order(StringComparer.Ordinal)).ToList());

    public Task<string?> MarkAsync() => Box.Store.ReadAsync(db => SegmentRows.ReadMark(db, Box.Volume.Id));

    /// <summary>What the ledger of gaps begins with.</summary>
    public Task<List<KnownCamera>> KnownAsync() => Box.Store.ReadAsync(
        db => Slugs.Keys.Select(c => Box.Store.IsFilling ? GapRows.Read(db, c, Box.Standing) : GapRows.Read(db, c)).Select(k => k.WantedSince is null ? k : k with { Ended = null }).ToList());

    public ValueTask DisposeAsync() => Retention.DisposeAsync();

    /// <summary>Four segments with two minutes between them; the newest footage of a camera is the last.</summary>
    private async Task RecordAsync(Guid camera, string slug)
    {
        for (var i = 0; i < 4; i++)
        {
            var start = Box.Clock.Now + Duration.FromSeconds(i * 150);
            await Retention.PutAsync(camera, slug, start, opened: true);
        }
    }

    private async Task WantAsync(Guid camera, Instant from, Instant? to)
    {
        await Box.Writers.All[0].SealAsync(new SealRecord { Type = SealType.Wanted, Wanted = new WantedSeal(camera, from, to) }, CancellationToken.None);
        await Box.Store.EnqueueAsync(db => GapRows.Want(db, camera, from, to));
    }

    /// <summary>The ledger of a running box says it at the begin of each file.</summary>
    private async Task StandsAsync()
    {
        var known = (await KnownAsync()).Zip(Slugs, (k, s) => new StandingCamera(s.Key, s.Value, k.WantedSince is { } since ? new WantedSeal(s.Key, since) : k.Ended, k.Open, k.Through)).ToList();
        foreach (var wish in known.Select(k => k.Wish).OfType<WantedSeal>()) await Box.Store.EnqueueAsync(db => GapRows.Want(db, wish.Camera, wish.From, wish.To));
        await Box.Writers.All[0].SealAsync(new SealRecord { Type = SealType.Noted, Standing = new StandingSeal([.. known]) }, CancellationToken.None);
    }

    private async Task GapAsync(Guid camera, Instant from, Duration? length)
    {
        var gap = new GapData { Gap = Guid.CreateVersion7(from.ToDateTimeOffset()), Camera = camera, Revision = 2, Start = from, End = from + length, Cause = GapCause.Network };
        await Box.Writers.All[0].SealAsync(new SealRecord { Type = SealType.Gap, Missing = gap }, CancellationToken.None);
        await Box.Store.EnqueueAsync(db => GapRows.Apply(db, Box.Outbox, gap));
    }

    private async Task DeleteAsync(int segments)
    {
        Retention.Policy = Retention.Policy with { MaxBytes = Retention.FilesBytes() - (segments * 1000) };
        Assert.Equal(segments, (await Retention.Retainer.SweepAsync(CancellationToken.None)).Segments);
        Retention.Policy = Retention.Policy with { MaxBytes = null };
    }

    /// <summary>What was sealed before is in the log, in the hour in which it was.</summary>
    private Task SealedAsync() => Box.Writers.All[0].SealAsync(new SealRecord { Type = SealType.Noted, Cause = "the hour is over" }, CancellationToken.None);

    private async ValueTask RestAsync(CancellationToken cancellation)
    {
        if (++_rests != PauseBehind) return;
        Paused.TrySetResult();
        await GoOn.Task.WaitAsync(cancellation);
    }
}
