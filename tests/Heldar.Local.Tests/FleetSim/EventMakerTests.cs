using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Local.FleetSim;
using NodaTime;

namespace Heldar.Local.Tests.FleetSim;

public sealed class EventMakerTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 3, 1, 12, 0);
    private static readonly FleetSimOptions Options = new(1, "/nowhere") { Seconds = 100 };

    [Fact]
    public void SameSeed_MakesTheSameEvents() => Assert.Equal(Make(7), Make(7));

    [Fact]
    public void OtherSeed_MakesOthers() => Assert.NotEqual(Make(7), Make(8));

    [Fact]
    public void EveryType_IsMade_AndMakesSense()
    {
        List<SimEvent> events = Make(3);

        Assert.Equal(EventTypes.All.Select(t => t.Type).Order(StringComparer.Ordinal), events.Select(e => e.Type).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(events.Count, events.Select(e => e.Id).Distinct().Count());
        Assert.All(events, e => Assert.Null(Mistake(e)));
        Assert.All(events.Where(e => e.Camera is null), e => Assert.Equal(SimOutcome.NewestWins, e.Outcome));
    }

    [Fact]
    public void Segments_NeverOverlap_AndNothingHeldIsDeleted()
    {
        List<SimEvent> events = Make(5);
        foreach (var camera in events.Where(e => e.Type == EventTypes.SegmentClosed).Select(Data<SegmentData>).GroupBy(s => s.Camera))
            Assert.All(camera.OrderBy(s => s.Start).Zip(camera.OrderBy(s => s.Start).Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Start));
        var deletions = events.Where(e => e.Type == EventTypes.FootageDeleted).Select(Data<FootageDeletedData>).ToList();
        Assert.NotEmpty(deletions);
        Assert.All(
            events.Where(e => e.Type == EventTypes.HoldApplied).Select(Data<HoldAppliedData>),
            hold => Assert.DoesNotContain(deletions, gone => gone.Camera == hold.Camera && gone.From < hold.To && gone.To > hold.From));
    }

    [Fact]
    public void MovedCamera_IsNotDescribed_AndItsEventsAreToBeRefused()
    {
        var giver = new EventMaker(1, 0, Start, Options);
        var taker = new EventMaker(1, 1, Start, Options with { Cameras = 1 });
        SimCamera moved = giver.Give();
        taker.Take(moved);

        Assert.Equal(Options.Cameras - 1, Data<BoxDescribedData>(giver.Describe(Start)).Cameras.Count);
        Assert.DoesNotContain(Data<BoxDescribedData>(taker.Describe(Start)).Cameras, c => c.Camera == moved.Uid);
        var events = Enumerable.Range(0, 100).Select(_ => taker.Next(Start, 0)).Where(e => e.Camera == moved.Uid).ToList();
        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.Equal(SimOutcome.Refused, e.Outcome));
    }

    private static List<SimEvent> Make(int seed)
    {
        var maker = new EventMaker(seed, 0, Start, Options);
        return [maker.Describe(Start), .. Enumerable.Range(0, 2000).Select(i => maker.Next(Start + Duration.FromMilliseconds(i * 10), 0))];
    }

    private static string? Mistake(SimEvent e) => e.Type switch
    {
        EventTypes.Gap => Data<GapData>(e).Mistake(),
        EventTypes.Detection => Data<DetectionData>(e).Mistake(),
        EventTypes.Zone => Data<ZoneData>(e).Mistake(),
        EventTypes.SnapshotTaken => Data<SnapshotTakenData>(e).Mistake(),
        EventTypes.HoldApplied => Data<HoldAppliedData>(e).Mistake(),
        EventTypes.HoldReleased => Data<HoldReleasedData>(e).Mistake(),
        EventTypes.SegmentClosed or EventTypes.SegmentRevised => Cloud.Index.LandingRow.Check(Data<SegmentData>(e), Start, out _, out _),
        EventTypes.FootageDeleted => Cloud.Index.Tombstones.Check(Data<FootageDeletedData>(e), e.Time, Start),
        EventTypes.CameraState => Cloud.States.StateStore.Check(Data<CameraStateData>(e), Start),
        EventTypes.BoxStatus => Cloud.States.StateStore.Check(Data<BoxStatusData>(e), e.Time, Start),
        EventTypes.BoxDescribed => Cloud.Registry.BoxRegistry.Check(Data<BoxDescribedData>(e)),
        _ => "unknown type",
    };

    private static T Data<T>(SimEvent e) => JsonSerializer.Deserialize<T>(e.Data, HeldarJson.Options)!;
}
