using Heldar.Cloud.Index;
using Heldar.Contracts.Events;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Cloud.Tests.Index;

/// <summary>Searches of every kind give what the box's own list says.</summary>
public sealed partial class IndexTests
{
    [Theory]
    [InlineData("all")]
    [InlineData("one")]
    [InlineData("two")]
    [InlineData("site")]
    [InlineData("one of the site")]
    public async Task Pages_AndTimelines_AreTheSame_HoweverTheCamerasAreNamed(string named)
    {
        var cameras = await CamerasAsync(3);
        var first = Start - Duration.FromDays(10);
        // Hours that lie far apart, hours that are full, and one of which a deletion was not folded yet; then what is landing.
        List<SegmentData> sent =
        [
            .. cameras.SelectMany((c, n) => Enumerable.Range(0, 30).Select(i => TestBox.Segment(c, first + (Duration.FromHours(7) * i) + (Length * n), Length))),
            .. cameras.SelectMany(c => Enumerable.Range(0, 300).Select(i => TestBox.Segment(c, Start + (Length * i), Length))),
        ];
        await LandAsync([.. sent.Where((_, i) => i % 5 != 0)]);
        await _fold.RunAsync(Token);
        await LandAsync([.. sent.Where((_, i) => i % 5 == 0)]);
        await DeleteAsync(cameras[1], Start + (Length * 20), Start + (Length * 40), _clock.GetCurrentInstant());
        var query = new RecordingQuery("main", first - Length, _clock.GetCurrentInstant());
        var (wanted, asked) = named switch
        {
            "one" => (cameras[1..2], query with { Cameras = cameras[1..2] }),
            "two" => (cameras[1..], query with { Cameras = cameras[1..] }),
            "site" => (cameras, query with { Sites = [_box.Site] }),
            "one of the site" => (cameras[..1], query with { Sites = [_box.Site], Cameras = cameras[..1] }),
            _ => (cameras, query),
        };
        var expected = sent.Where(s => wanted.Contains(s.Camera) && !(s.Camera == cameras[1] && s.Start >= Start + (Length * 20) && s.Start < Start + (Length * 40)))
            .OrderBy(s => s.Start).ThenBy(s => s.Camera.ToString("D"), StringComparer.Ordinal).Select(s => (s.Camera, s.Start, s.End)).ToList();

        foreach (var limit in new[] { 7, 200 }) Assert.Equal(expected, (await AllAsync(asked, limit)).Select(i => (i.Camera, i.Start, i.End)));
        var timeline = await _search.TimelineAsync(asked, Token);
        Assert.Equal(wanted.ToHashSet(), timeline.Select(t => t.Camera).ToHashSet());
        foreach (var camera in timeline) Assert.Equal(camera.Camera == cameras[1] ? 32 : 31, camera.Spans.Count);
        Assert.Empty((await _search.PageAsync(query with { Sites = ["elsewhere"] }, null, 10, Token)).Items);
        Assert.Empty(await _search.TimelineAsync(query with { Sites = ["elsewhere"] }, Token));
    }

    [Fact]
    public async Task Search_MissesNothing_AndShowsNothingTwice_WhileHoursAreFolded()
    {
        var cameras = await CamerasAsync(4);
        var sent = cameras.SelectMany(c => Enumerable.Range(0, 500).Select(i => TestBox.Segment(c, Start + (Length * i), Length))).ToList();
        await LandAsync(sent);
        var query = new RecordingQuery("main", Start, Start + Duration.FromHours(8));
        var folding = _fold.RunAsync(Token);
        var searches = 0;

        do
        {
            Assert.Equal(sent.Count, (await AllAsync(query, 1000)).Select(i => (i.Camera, i.Start)).Distinct().Count());
            Assert.All(await _search.TimelineAsync(query, Token), t => Assert.Single(t.Spans));
            searches++;
        }
        while (!folding.IsCompleted);

        Assert.Equal((sent.Count, 0), ((await folding).Segments, await CountAsync("segment_landing")));
        Assert.True(searches > 1, "the fold was over before the first search");
    }
}
