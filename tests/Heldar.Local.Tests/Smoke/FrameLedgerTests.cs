using Heldar.Local.Cameras;
using Heldar.Local.Smoke;

namespace Heldar.Local.Tests.Smoke;

public sealed class FrameLedgerTests
{
    private static List<FrameMark> Frames(params int[] counters) => [.. counters.Select(counter => new FrameMark(counter, counter * 40))];

    [Fact]
    public void Count_IsClean_WhenEveryFrameIsThereOnce() =>
        Assert.Equal(new FrameLedger(5, 0, 0, 0, 0), FrameLedger.Count(Frames(3, 1, 2, 4, 5), lastSent: 5, killedAtUnixMs: null));

    [Fact]
    public void Count_FindsAGap_WhenFramesAreMissing() => Assert.Equal(2, FrameLedger.Count(Frames(1, 4, 5), lastSent: 5, killedAtUnixMs: null).Lost);

    [Fact]
    public void Count_FindsTheTail_WhenTheLastFramesAreMissing() => Assert.Equal(3, FrameLedger.Count(Frames(1, 2), lastSent: 5, killedAtUnixMs: null).Lost);

    [Fact]
    public void Count_FindsDuplicates_WhenTwoFilesHoldAFrame() => Assert.Equal(1, FrameLedger.Count(Frames(1, 2, 2, 3), lastSent: 3, killedAtUnixMs: null).Duplicates);

    [Fact]
    public void Count_LeavesOutTheKillWindow_AndOnlyThat()
    {
        FrameLedger ledger = FrameLedger.Count(Frames(1, 2, 10, 11, 13), lastSent: 13, killedAtUnixMs: 100);
        Assert.Equal(new FrameLedger(5, 1, 0, 20, 300), ledger);
    }

    [Fact]
    public void Count_SaysForever_WhenNothingWasRecordedAfterTheKill() =>
        Assert.Equal(long.MaxValue, FrameLedger.Count(Frames(1, 2), lastSent: 2, killedAtUnixMs: 100).LostMs);

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
