using Heldar.Local.Cameras;
using Heldar.Local.Judge;

namespace Heldar.Local.Tests.Judge;

public sealed class BoxTimelineTests
{
    private const long Begin = 1_795_000_000_000;
    private static readonly CameraSpec Camera = new("gate", new FootageRecipe("h264", 360, 25, 1, 500));
    private static readonly Guid Run = Guid.NewGuid();

    [Fact]
    public void Overlaps_FindsNeighboursOfOneRun_AndNoOther()
    {
        InspectedSegment a = Segment(0, 0, 100), b = Segment(3900, 100, 200), c = Segment(7900, 200, 300);
        Assert.Single(BoxTimeline.Overlaps([c, a, b], Runs(Run, a, b, c)));
        Assert.Empty(BoxTimeline.Overlaps([a, Segment(4000, 100, 200)], Runs(Run, a)));
        Assert.Empty(BoxTimeline.Overlaps([a, b], Runs(Run, a).Concat(Runs(Guid.NewGuid(), b)).ToDictionary()));
    }

    [Fact]
    public void Unexplained_FindsTheHole_UnlessAGapCoversIt()
    {
        InspectedSegment[] segments = [Segment(0, 0, 100), Segment(9000, 225, 325)];
        Assert.Single(BoxTimeline.Unexplained(segments, []));
        Assert.Empty(BoxTimeline.Unexplained(segments, [Gap(4000, 9000)]));
        Assert.Empty(BoxTimeline.Unexplained(segments, [Gap(3000, 6000), Gap(6100, 9000)]));
        Assert.Single(BoxTimeline.Unexplained(segments, [Gap(4000, 7900)]));
    }

    [Fact]
    public void Unexplained_SeesAHoleWithinAFile()
    {
        InspectedSegment torn = Segment(0, 0, 200);
        torn = torn with { Marks = [.. torn.Marks.Where(mark => mark.Counter is < 50 or >= 100)] };
        Assert.Single(BoxTimeline.Unexplained([torn], []));
        Assert.Empty(BoxTimeline.Unexplained([Segment(0, 0, 200)], []));
    }

    [Fact]
    public void Overclaimed_FindsAGapOverFootage()
    {
        InspectedSegment[] segments = [Segment(0, 0, 100), Segment(9000, 225, 325)];
        Assert.Empty(BoxTimeline.Overclaimed(segments, [Gap(4000, 9000), Gap(20_000, 30_000)], 200));
        Assert.Empty(BoxTimeline.Overclaimed(segments, [Gap(3900, 9100)], 200));
        Assert.Single(BoxTimeline.Overclaimed(segments, [Gap(3700, 9000)], 200));
        Assert.Single(BoxTimeline.Overclaimed(segments, [Gap(4000, 9300)], 200));
    }

    [Fact]
    public void Uncovered_CountsWhatNoGapCovers() => Assert.Equal(1500, ClaimedGap.Uncovered([Gap(1000, 2000), Gap(1500, 3000), Gap(3500, long.MaxValue - Begin)], Begin, Begin + 5000));

    private static ClaimedGap Gap(long from, long to) => new(Camera.Name, Begin + from, Begin + to, "network");

    private static Dictionary<Guid, Guid> Runs(Guid run, params InspectedSegment[] segments) => segments.ToDictionary(segment => segment.File.Segment, _ => run);

    private static InspectedSegment Segment(long startMs, int first, int last)
    {
        var id = Guid.NewGuid();
        string name = $"/v/gate/{DateTimeOffset.FromUnixTimeMilliseconds(Begin + startMs):yyyyMMdd'T'HHmmss.fff'Z'}_{id:D}.mp4";
        return new InspectedSegment(new DiskSegment(id, name, default, 1), Camera, [.. Enumerable.Range(first, last - first).Select(n => new FrameMark(n, Begin + (n * 40)))], null);
    }
}
