using Heldar.Edge.Recorder;
using NodaTime;

namespace Heldar.Edge.Tests.Recorder;

/// <summary>A hole reaches from the last media that a disk kept to the first media that it kept again, whatever was handed over in between.</summary>
public sealed class FootageChainTests
{
    private static readonly Instant Zero = Instant.FromUtc(2026, 11, 21, 4, 0);
    private readonly FootageChain _chain = new();

    [Fact]
    public void FilesThatFollowEachOther_MakeNoHole()
    {
        Kept(Begin(0), 2);
        Kept(Begin(2), 4);

        Assert.Empty(_chain.Breaks);
        Assert.Equal(At(4), _chain.MediaEnd);
    }

    [Fact]
    public void Hole_IsTold_OnlyWhenMediaBehindItIsOnDisk()
    {
        Kept(Begin(0), 2);
        var second = Begin(9, "stalled");
        _chain.Extend(At(10));
        Assert.Empty(_chain.Breaks);

        Assert.Equal(At(9), _chain.Kept(second));
        Assert.Equal(new RecordingBreak(At(2), At(9), "stalled"), Assert.Single(_chain.Breaks));
        Assert.Null(_chain.Kept(second));
        Assert.Equal(1, _chain.BreakCount);
    }

    [Fact]
    public void FileThatTookNothing_LeavesOneHole_UpToTheNextThatDid()
    {
        Kept(Begin(0), 2);
        for (var i = 4; i < 10; i += 2)
        {
            // A fragment was handed over before the disk said no: its end is less than a second before the next keyframe.
            var start = Begin(i);
            _chain.Extend(At(i + 1.9));
            _chain.Lost(start, null, "volume_full");
            Assert.Equal(At(2), _chain.MediaEnd);
        }

        Kept(Begin(10, "volume_full"), 12);

        Assert.Equal(new RecordingBreak(At(2), At(10), "volume_full"), Assert.Single(_chain.Breaks));
    }

    [Fact]
    public void FileThatTookAPart_IsFootage_BetweenTwoHoles()
    {
        Kept(Begin(0), 2);
        var part = Begin(6, "volume_full");
        _chain.Extend(At(8));
        _chain.Lost(part, At(7), "volume_full");
        var next = Begin(8);
        _chain.Extend(At(9));
        _chain.Kept(next);
        _chain.Kept(part);

        Assert.Equal([new RecordingBreak(At(2), At(6), "volume_full"), new RecordingBreak(At(7), At(8), "volume_full")], _chain.Breaks);
    }

    [Fact]
    public void Hole_OfLessThanASecond_IsTold_WhenAVolumeMadeIt()
    {
        var first = Begin(0);
        _chain.Extend(At(2));
        _chain.Kept(first);
        _chain.Lost(first, At(1.6), "volume_full");
        Kept(Begin(2), 4);
        Kept(Begin(4.5), 6);

        Assert.Equal(new RecordingBreak(At(1.6), At(2), "volume_full"), Assert.Single(_chain.Breaks));
    }

    [Fact]
    public void FileThatWasClosed_AndLostItsEndLater_GivesTheNextOneItsHole()
    {
        var first = Begin(0);
        _chain.Extend(At(4));
        var second = Begin(4);
        _chain.Lost(first, At(2), "volume_full");
        Kept(second, 6);

        Assert.Equal(new RecordingBreak(At(2), At(4), "volume_full"), Assert.Single(_chain.Breaks));
    }

    [Fact]
    public void HoleThatWasTold_IsToldAgain_WhenItBecomesLonger()
    {
        var first = Begin(0);
        _chain.Extend(At(4));
        var second = Begin(9, "stalled");
        Kept(second, 10);
        Assert.Equal(At(9), _chain.Lost(first, At(3), "volume"));

        Assert.Equal([new RecordingBreak(At(4), At(9), "stalled"), new RecordingBreak(At(3), At(9), "stalled")], _chain.Breaks);
    }

    [Fact]
    public void Pause_IsNoHole_ButWhatIsLostBehindItIs()
    {
        Kept(Begin(0), 2);
        var lost = Begin(60, rested: true);
        _chain.Extend(At(62));
        _chain.Lost(lost, null, "volume_full");
        Assert.Equal(At(2), _chain.MediaEnd);
        Kept(Begin(64, "volume_full"), 66);

        Assert.Equal(new RecordingBreak(At(60), At(64), "volume_full"), Assert.Single(_chain.Breaks));
    }

    [Fact]
    public void FirstFile_ThatTookNothing_IsWhereTheHoleBegins()
    {
        _chain.Lost(Begin(0), null, "volume_full");
        Kept(Begin(2), 4);

        Assert.Equal(new RecordingBreak(At(0), At(2), "volume_full"), Assert.Single(_chain.Breaks));
    }

    [Fact]
    public void Breaks_AreTheNewestOnes()
    {
        for (var i = 0; i < 40; i++) Kept(Begin(i * 4, "unreachable"), (i * 4) + 2);

        Assert.Equal(39, _chain.BreakCount);
        Assert.Equal(RecorderProgress.KeptBreaks, _chain.Breaks.Count);
        Assert.Equal(At(156), _chain.Breaks[^1].To);
    }

    private static Instant At(double seconds) => Zero + Duration.FromMilliseconds((long)(seconds * 1000));

    private Guid Begin(double start, string cause = FootageChain.Unknown, bool rested = false)
    {
        var id = Guid.NewGuid();
        _chain.Begin(id, At(start), cause, rested);
        return id;
    }

    private void Kept(Guid segment, double end)
    {
        _chain.Extend(At(end));
        _chain.Kept(segment);
        _chain.Settle(segment);
    }
}
