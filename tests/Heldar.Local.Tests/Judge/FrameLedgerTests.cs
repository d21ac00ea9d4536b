using Heldar.Local.Cameras;
using Heldar.Local.Judge;

namespace Heldar.Local.Tests.Judge;

public sealed class FrameLedgerTests
{
    private static List<FrameMark> Frames(params int[] counters) => [.. counters.Select(counter => new FrameMark(counter, counter * 40))];

    [Fact]
    public void Count_IsClean_WhenEveryFrameIsThereOnce() =>
        Assert.Equal(new FrameLedger(5, 0, 0, 0, 0), FrameLedger.Count(Frames(3, 1, 2, 4, 5), sent: [[1, 5]]));

    [Fact]
    public void Count_FindsAGap_WhenFramesAreMissing() => Assert.Equal(2, FrameLedger.Count(Frames(1, 4, 5), sent: [[1, 5]]).Lost);

    [Fact]
    public void Count_FindsTheTail_WhenTheLastFramesAreMissing() => Assert.Equal(3, FrameLedger.Count(Frames(1, 2), sent: [[1, 5]]).Lost);

    [Fact]
    public void Count_FindsDuplicates_WhenTwoFilesHoldAFrame() => Assert.Equal(1, FrameLedger.Count(Frames(1, 2, 2, 3), sent: [[1, 3]]).Duplicates);

    [Fact]
    public void Count_LeavesOutTheKillWindow_AndOnlyThat()
    {
        FrameLedger ledger = FrameLedger.Count(Frames(1, 2, 10, 11, 13), sent: [[1, 13]], 100);
        Assert.Equal(new FrameLedger(5, 1, 0, 20, 300), ledger);
    }

    [Fact]
    public void Count_SaysForever_WhenNothingWasRecordedAfterTheKill() =>
        Assert.Equal(long.MaxValue, FrameLedger.Count(Frames(1, 2), sent: [[1, 2]], 100).LostMs);

    /// <summary>Sent to somebody else from 1 to 10, to the box from 100 on; killed after frame 110, and nothing of it was kept.</summary>
    [Fact]
    public void Count_MeasuresAKillBeforeAnythingWasRecorded_FromTheFirstFrameSentToTheBox() =>
        Assert.Equal(new FrameLedger(3, 0, 0, 400, 0), FrameLedger.Count(Frames(200, 201, 202), sent: [[1, 10], [100, 110], [200, 202]], 4400));

    [Fact]
    public void Count_SaysForever_WhenNobodyKnowsWhatWasSentBeforeTheKill() =>
        Assert.Equal(long.MaxValue, FrameLedger.Count(Frames(200, 201), sent: null, 4400).LostMs);

    [Fact]
    public void Count_TakesNoFrameForLost_WhenItWasNeverSent() =>
        Assert.Equal(new FrameLedger(4, 2, 0, 0, 0), FrameLedger.Count(Frames(1, 2, 10, 12), sent: [[1, 3], [10, 12]]));

    [Fact]
    public void Count_MeasuresEveryKill_AndKeepsTheWorst() =>
        Assert.Equal(new FrameLedger(5, 0, 0, 180, 240), FrameLedger.Count(Frames(1, 2, 8, 14, 15), sent: [[1, 15]], 80, 90, 500));

    [Fact]
    public void Count_MeasuresFromTheFirstFrameSent_WhenNothingWasRecordedBetweenTwoKills() =>
        Assert.Equal(180, FrameLedger.Count(Frames(1, 2, 14, 15), sent: [[1, 3], [8, 12], [14, 15]], 120, 500).LostMs);

    /// <summary>Frames 5 and 6 went to the box that was killed at 120, which was about to play; the next one got 80 to 100.</summary>
    [Fact]
    public void Count_DoesNotMeasureFromWhatWasSentToABoxThatWasDead() =>
        Assert.Equal(800, FrameLedger.Count(Frames(1, 2, 120, 121), sent: [[1, 3], [5, 6], [80, 100], [120, 121]], 120, 4000).LostMs);

    /// <summary>The box that was killed at 4000 had dropped its first session: what came by that one is lost as well.</summary>
    [Fact]
    public void Count_MeasuresFromTheFirstSession_WhenTheBoxHadTwo() =>
        Assert.Equal(2000, FrameLedger.Count(Frames(1, 2, 120, 121), sent: [[1, 3], [5, 6], [50, 60], [80, 100], [120, 121]], 120, 4000).LostMs);

    [Fact]
    public void Count_LeavesOutWhatIsExcused() =>
        Assert.Equal(2, FrameLedger.Count(Frames(1, 2, 5, 6, 9), sent: [[1, 9]], [], time => time is > 80 and < 200).Lost);

    [Fact]
    public void Count_FindsEveryFrame_WhenNoneWasRecorded() => Assert.Equal(5, FrameLedger.Count([], sent: [[3, 5], [8, 9]]).Lost);

    [Fact]
    public void Scan_ReadsTheIdFromTheName_WhenItIsThere()
    {
        string folder = Heldar.Testing.TemporaryFolder.Create("scan");
        var id = Guid.NewGuid();
        File.WriteAllText(Path.Combine(folder, $"20261121T050000.000Z-{id:N}.mp4"), "");
        File.WriteAllText(Path.Combine(folder, "stranger.mp4"), "");
        List<string> unknown = [];
        Assert.Equal([id], DiskSegment.Scan([folder], unknown.Add).Keys);
        Assert.Contains("stranger.mp4", Assert.Single(unknown), StringComparison.Ordinal);
        Heldar.Testing.TemporaryFolder.Delete(folder);
    }
}
