using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Recorder;
using Heldar.Edge.Storage;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Tests.Gaps;

/// <summary>The census of causes: each is what some path through the tracker makes of a fault, and a new cause without one fails.</summary>
public sealed partial class GapTrackerTests
{
    public static TheoryData<GapCause> EveryCause => [.. Enum.GetValues<GapCause>()];

    [Theory]
    [MemberData(nameof(EveryCause))]
    public void EveryCause_IsMadeByItsFault(GapCause cause)
    {
        Cause(cause);

        var gap = Assert.Single(_gaps.Values);
        Assert.Equal(cause, gap.Cause);
        Assert.Null(gap.Mistake());
    }

    [Fact]
    public void GapOfAFullDisk_BecomesHeld_Once_AndStaysIt()
    {
        var end = Cause(GapCause.DiskFull);
        Assert.Equal((GapCause.DiskFull, 1), (_gaps.Values.Single().Cause, _gaps.Values.Single().Revision));
        for (var i = 0; i < 30; i++)
        {
            _held.Set(i % 2 == 0 ? HeldLevel.Full : HeldLevel.Warning, "all that is left is held");
            Step(Broken(end, VolumeFault.Full));
        }

        Assert.Equal((GapCause.DiskFullHeld, 2), (_gaps.Values.Single().Cause, _gaps.Values.Single().Revision));
        _held.Set(HeldLevel.Fine, null);
        var back = Now;
        _box.Clock.Advance(Duration.FromSeconds(3));
        Step(Recording(lag: 1, since: back, breaks: [new RecordingBreak(end, back, "volume_full")]));
        Assert.Equal((GapCause.DiskFullHeld, 3, end, back), (_gaps.Values.Single().Cause, _gaps.Values.Single().Revision, _gaps.Values.Single().Start, _gaps.Values.Single().End));
    }

    /// <summary>Does to a camera what its gap then blames; answers the end of its footage.</summary>
    private Instant Cause(GapCause cause)
    {
        if (cause == GapCause.ProcessDown)
        {
            var through = Now - Duration.FromMinutes(7);
            _tracker = new GapTracker(Uid, new KnownCamera(through - Duration.FromDays(1), null, through, through), _causes);
            Step(Failing(StreamState.Connecting, StreamFailure.None, null));
            return through;
        }

        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var end = Now - Duration.FromSeconds(1);
        switch (cause)
        {
            case GapCause.CameraUnreachable:
                Step(Failing(StreamState.Offline, StreamFailure.Refused, end));
                break;
            case GapCause.AuthFailed:
                Step(Failing(StreamState.AuthFailed, StreamFailure.Unauthorized, end));
                break;
            case GapCause.Network:
                Step(Failing(StreamState.Offline, StreamFailure.Closed, end));
                break;
            case GapCause.Stalled:
                Step(Failing(StreamState.Stalled, StreamFailure.None, end));
                break;
            case GapCause.DiskFull:
                Break(VolumeFault.Full);
                break;
            case GapCause.DiskFullHeld:
                _held.Set(HeldLevel.Full, "all that is left is held");
                Break(VolumeFault.Full);
                break;
            case GapCause.DiskError:
                Break(VolumeFault.IoError);
                break;
            case GapCause.Operator:
                for (var i = 0; i < 3; i++) Step(Failing(StreamState.Connecting, StreamFailure.None, null) with { Pipelines = 2, EndedAt = end });
                break;
            case GapCause.ClockStep:
                _box.Clock.Advance(Duration.FromHours(1));
                var to = Now;
                _box.Clock.Advance(Duration.FromSeconds(2));
                Step(Recording(lag: 1, since: to, breaks: [new RecordingBreak(end, to, "clock_step")]));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(cause), cause, "no path is known that makes it");
        }

        return end;

        void Break(VolumeFault fault)
        {
            for (var i = 0; i < 12; i++) Step(Broken(end, fault));
        }
    }

    private CameraObserved Broken(Instant end, VolumeFault fault) =>
        Observe(StreamState.Streaming, StreamFailure.None, RecorderProgress.Empty with { RecordedThrough = end, MediaEnd = end, LastError = "it was not written", LastFault = fault });
}
