using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Seals;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Tests;
using NodaTime;

namespace Heldar.Edge.Tests.Gaps;

public sealed class CoverageTests
{
    private static readonly Guid Camera = Guid.Parse("01938e20-0000-7000-8000-0000000000aa");
    private static readonly Instant Begin = Instant.FromUtc(2026, 11, 21, 4, 0);

    [Fact]
    public void Coverage_CountsEverySecondOnce_AndNamesWhatNothingExplains()
    {
        var coverage = CoverageReader.Of([At(0, 100), At(200, 300)], [At(0, 30), At(30, 50), At(210, 290)], [Gap(50, 90, GapCause.Stalled), Gap(60, 95, GapCause.Network), Gap(290, null, GapCause.DiskFull)], Time(300));

        Assert.Equal((200, 130), (coverage.Wanted, coverage.Present));
        Assert.Equal(35, coverage.ByCause[GapCause.Network]);
        Assert.Equal(10, coverage.ByCause[GapCause.Stalled]);
        Assert.Equal(10, coverage.ByCause[GapCause.DiskFull]);
        Assert.Equal(15, coverage.Unexplained);
    }

    [Fact]
    public async Task LostDatabase_GetsItsGapsBackFromTheSealLog()
    {
        await using var box = new RecordingFixture();
        var first = Gap(0, null, GapCause.Network);
        foreach (var gap in (GapData[])[first, first with { Revision = 2, Cause = GapCause.CameraUnreachable, End = Time(40) }, Gap(100, null, GapCause.Stalled)])
            box.Writers.All[0].TrySeal(new SealRecord { Type = SealType.Gap, Missing = gap });
        await Eventually.TrueAsync(() => box.Seals().Count(s => s.Missing is not null) == 3, "the gaps are sealed");
        await box.KillAsync(loseDatabase: true);
        var outbox = new GapOutbox();
        box.Replays = [new GapReplay(outbox)];

        await box.StartAsync();
        await box.ReconcileAsync();

        var gaps = await box.Store.ReadAsync(db => GapRows.Find(db, Camera, Time(-1), Time(1000), 100), TestContext.Current.CancellationToken);
        Assert.Equal([(GapCause.CameraUnreachable, Time(40), 2), (GapCause.Stalled, (Instant?)null, 1)], gaps.Select(g => (g.Cause, g.End, g.Revision)));
        Assert.Equal(3, outbox.Ids.Distinct().Count());
        Assert.Equal(3, outbox.Ids.Count);
        var known = await box.Store.ReadAsync(db => GapRows.Read(db, Camera), TestContext.Current.CancellationToken);
        Assert.Equal((Time(0), GapCause.Stalled), (known.WantedSince, known.Open!.Cause));
    }

    /// <summary>A disk that only hung had all of it in the end: the ledger took its gap back by ending it where it began.</summary>
    [Fact]
    public async Task GapWithoutLength_IsNotListed()
    {
        await using var box = new RecordingFixture();
        await box.Store.EnqueueAsync(db =>
        {
            foreach (var gap in (GapData[])[Gap(10, 10, GapCause.DiskError), Gap(20, 21, GapCause.DiskError), Gap(30, null, GapCause.DiskError)]) GapRows.Apply(db, new GapOutbox(), gap);
        });

        var listed = await box.Store.ReadAsync(db => GapFillRows.Find(db, Camera, Time(0), Time(1000), 100), TestContext.Current.CancellationToken);
        Assert.Equal([Time(20), Time(30)], listed.Select(g => g.Gap.Start));
    }

    [Fact]
    public async Task BoxThatDiedBeforeItNotedTheWish_KnowsItFromFootageAfterTheLastOne()
    {
        await using var box = new RecordingFixture();
        await box.Store.EnqueueAsync(db =>
        {
            GapRows.Want(db, Camera, Time(0), Time(50));
            GapRows.Mark(db, Camera, null, Time(100));
            GapRows.Apply(db, new GapOutbox(), Gap(10, 20, GapCause.Network));
        });
        var nothing = await box.Store.ReadAsync(db => GapRows.Read(db, Camera), TestContext.Current.CancellationToken);
        await box.Store.EnqueueAsync(db => GapRows.Apply(db, new GapOutbox(), Gap(70, 80, GapCause.Network)));
        var known = await box.Store.ReadAsync(db => GapRows.Read(db, Camera), TestContext.Current.CancellationToken);

        Assert.Null(nothing.WantedSince);
        Assert.Equal(Time(70), known.WantedSince);
    }

    private static Instant Time(int seconds) => Begin + Duration.FromSeconds(seconds);

    private static Stretch At(int from, int to) => new(Time(from), Time(to));

    private static GapData Gap(int from, int? to, GapCause cause) => new()
    {
        Gap = Guid.CreateVersion7(Time(from).ToDateTimeOffset()),
        Camera = Camera,
        Revision = 1,
        Start = Time(from),
        End = to is { } end ? Time(end) : null,
        Cause = cause,
    };

    private sealed class GapOutbox : Heldar.Edge.Store.IOutbox
    {
        public List<string> Ids { get; } = [];

        public void Append(System.Data.Common.DbConnection tx, string eventType, string eventId, Guid? camera, Instant time, object data)
        {
            Assert.Equal(EventTypes.Gap, eventType);
            Ids.Add(eventId);
        }
    }
}
