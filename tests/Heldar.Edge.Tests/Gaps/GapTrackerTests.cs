using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Recorder;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Tests.Gaps;

public sealed partial class GapTrackerTests : IAsyncDisposable
{
    private static readonly Guid Uid = Guid.Parse("01938e20-0000-7000-8000-0000000000aa");
    private readonly RecordingFixture _box = new();
    private readonly HeldFootage _held = new();
    private readonly Dictionary<Guid, GapData> _gaps = [];
    private readonly List<(Guid Camera, Instant From, Instant? To)> _wanted = [];
    private readonly GapCauses _causes;
    private IReadOnlyList<Stretch> _wishes = [new(Instant.MinValue, Instant.MaxValue)];
    private readonly Instant _begin;
    private GapTracker _tracker;
    private Instant _since;

    public GapTrackerTests()
    {
        _causes = new GapCauses(_box.Writers, _held);
        _tracker = new GapTracker(Uid, KnownCamera.Nothing, _causes);
        (_begin, _since) = (_box.Clock.Now, _box.Clock.Now + Duration.FromSeconds(2));
    }

    private Instant Now => _box.Clock.Now;

    [Fact]
    public void NewCamera_ThatConnects_HasNoGap_AndIsWantedFromItsFirstFootage()
    {
        for (var i = 0; i < 20; i++) Step(Recording(lag: 1));

        Assert.Empty(_gaps);
        Assert.Equal((Uid, _since, null), Assert.Single(_wanted));
    }

    [Theory]
    [InlineData(StreamState.Offline, StreamFailure.Refused, GapCause.CameraUnreachable)]
    [InlineData(StreamState.Offline, StreamFailure.Closed, GapCause.Network)]
    [InlineData(StreamState.Stalled, StreamFailure.None, GapCause.Stalled)]
    [InlineData(StreamState.AuthFailed, StreamFailure.Unauthorized, GapCause.AuthFailed)]
    public void Gap_OpensWhenTheStreamFails_AndEndsWithTheRecordersBreak(StreamState state, StreamFailure failure, GapCause cause)
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var end = Now - Duration.FromSeconds(1);
        Step(Failing(state, failure, end));
        var open = Assert.Single(_gaps.Values);
        Assert.Equal((1, end, null, cause), (open.Revision, open.Start, open.End, open.Cause));

        for (var i = 0; i < 30; i++) Step(Failing(state, failure, end));
        Assert.Equal(1, Assert.Single(_gaps.Values).Revision);

        var back = Now + Duration.FromMilliseconds(400);
        _box.Clock.Advance(Duration.FromSeconds(3));
        Step(Recording(lag: 1, since: back, breaks: [new RecordingBreak(end, back, "unreachable")]));
        Assert.Equal(open with { Revision = 2, End = back }, Assert.Single(_gaps.Values));
        Assert.Null(Assert.Single(_gaps.Values).Mistake());
    }

    [Fact]
    public void CameraThatNeverAnswered_IsMissingFromWhenItWasWanted()
    {
        Step(Failing(StreamState.Offline, StreamFailure.Timeout, null));

        Assert.Equal((_begin, GapCause.CameraUnreachable), (_gaps.Values.Single().Start, _gaps.Values.Single().Cause));
        Assert.Equal((Uid, _begin, null), Assert.Single(_wanted));
    }

    [Fact]
    public void ShortBreak_BetweenTwoLooks_IsOneClosedGap()
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var (from, to) = (Now - Duration.FromMilliseconds(2300), Now - Duration.FromMilliseconds(1100));
        Step(Recording(lag: 0, since: to, breaks: [new RecordingBreak(from, to, "packets_lost")]));

        var gap = Assert.Single(_gaps.Values);
        Assert.Equal((from, to, GapCause.Network, 1), (gap.Start, gap.End, gap.Cause, gap.Revision));
    }

    [Fact]
    public void ClockStep_Forward_IsExplained()
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var from = Now;
        _box.Clock.Advance(Duration.FromHours(1));
        Step(Recording(lag: 3600));
        var to = Now;
        _box.Clock.Advance(Duration.FromSeconds(2));
        Step(Recording(lag: 1, since: to, breaks: [new RecordingBreak(from, to, "clock_step")]));

        var gap = Assert.Single(_gaps.Values);
        Assert.Equal((from, to, GapCause.ClockStep), (gap.Start, gap.End, gap.Cause));
    }

    [Fact]
    public void ClockStep_Backward_LeavesNoGap()
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        _box.Clock.Advance(-Duration.FromHours(1));
        for (var i = 0; i < 20; i++) Step(Recording(lag: 1));

        Assert.Empty(_gaps);
    }

    [Fact]
    public void DisabledCamera_HasNoGap_ForDays_AndTheWishEnds()
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var end = Now - Duration.FromMilliseconds(200);
        for (var i = 0; i < 3; i++)
        {
            Step(Disabled(end));
            _box.Clock.Advance(Duration.FromDays(1));
        }

        Assert.Empty(_gaps);
        Assert.Equal((Uid, _since, end), _wanted[^1]);
        Assert.Equal(2, _wanted.Count);

        var again = Now + Duration.FromSeconds(1);
        for (var i = 0; i < 5; i++) Step(Recording(lag: 0, since: again, pipelines: 2) with { EndedAt = end });
        Assert.Empty(_gaps);
        Assert.Equal((Uid, again, null), _wanted[^1]);
    }

    [Fact]
    public void DisablingACamera_EndsItsGap()
    {
        Step(Failing(StreamState.Offline, StreamFailure.Refused, null));
        _box.Clock.Advance(Duration.FromMinutes(1));
        Step(Disabled(null));

        Assert.Equal(_begin + Duration.FromSeconds(61), _gaps.Values.Single().End);
    }

    [Fact]
    public void ChangeThatRestartsTheSession_IsTheOperators()
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var end = Now - Duration.FromMilliseconds(200);
        for (var i = 0; i < 3; i++) Step(Failing(StreamState.Connecting, StreamFailure.None, null) with { Pipelines = 2, EndedAt = end });
        Assert.Equal((end, GapCause.Operator), (_gaps.Values.Single().Start, _gaps.Values.Single().Cause));
        var back = Now;
        _box.Clock.Advance(Duration.FromSeconds(2));
        Step(Recording(lag: 1, since: back, pipelines: 2) with { EndedAt = end });

        Assert.Equal(back, _gaps.Values.Single().End);
    }

    [Fact]
    public void Restart_OpensProcessDown_FromTheMark_UntilTheFirstFootage()
    {
        var through = Now - Duration.FromMinutes(7);
        _tracker = new GapTracker(Uid, new KnownCamera(through - Duration.FromDays(1), null, through, through + Duration.FromSeconds(1)), _causes);
        Step(Failing(StreamState.Connecting, StreamFailure.None, null));
        Assert.Equal((through, null, GapCause.ProcessDown), (_gaps.Values.Single().Start, _gaps.Values.Single().End, _gaps.Values.Single().Cause));

        for (var i = 0; i < 3; i++) Step(Recording(lag: 0, since: _since));
        Assert.Equal(_since, Assert.Single(_gaps.Values).End);
    }

    [Fact]
    public void Restart_ThatFindsTheCameraAway_SplitsTheGap()
    {
        var through = Now - Duration.FromMinutes(7);
        _tracker = new GapTracker(Uid, new KnownCamera(through, null, through, through), _causes);
        for (var i = 0; i < 15; i++) Step(Failing(StreamState.Offline, StreamFailure.Refused, null));

        var gaps = _gaps.Values.OrderBy(g => g.Start).ToList();
        Assert.Equal([GapCause.ProcessDown, GapCause.CameraUnreachable], gaps.Select(g => g.Cause));
        Assert.Equal(gaps[0].End, gaps[1].Start);
    }

    [Fact]
    public void Restart_WithTheCameraSwitchedOff_EndsTheWishWhenTheBoxLastLooked()
    {
        var seen = Now - Duration.FromMinutes(7);
        _tracker = new GapTracker(Uid, new KnownCamera(seen - Duration.FromDays(1), null, seen, seen), _causes);
        for (var i = 0; i < 3; i++) Step(Disabled(null));

        Assert.Empty(_gaps);
        Assert.Equal((Uid, seen - Duration.FromDays(1), seen), Assert.Single(_wanted));
    }

    [Fact]
    public void StartsThatDoNotHold_AreOneGap()
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var end = Now - Duration.FromSeconds(1);
        List<RecordingBreak> breaks = [];
        for (var i = 0; i < 40; i++)
        {
            if (i % 10 == 0) breaks.Add(new RecordingBreak(end, Now, "volume"));
            var broken = RecorderProgress.Empty with { RecordedThrough = end, MediaEnd = end, RecordedSince = i % 10 == 0 ? Now : null, Breaks = [.. breaks], BreakCount = breaks.Count, LastError = "No space left on device" };
            Step(Observe(StreamState.Streaming, StreamFailure.None, broken));
        }

        Assert.Equal((end, null, GapCause.DiskError), (_gaps.Values.Single().Start, _gaps.Values.Single().End, _gaps.Values.Single().Cause));
        breaks.Add(new RecordingBreak(end, Now, "volume"));
        var back = Now;
        _box.Clock.Advance(Duration.FromSeconds(3));
        Step(Recording(lag: 1, since: back, breaks: breaks));
        Assert.Equal((end, back), (_gaps.Values.Single().Start, _gaps.Values.Single().End));
    }

    [Fact]
    public void DiskThatWasFull_AndHasRoomAgain_WasFull()
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var end = Now - Duration.FromSeconds(1);
        var given = RecorderProgress.Empty with { RecordedThrough = end, MediaEnd = end, LastError = "No space left on device", LastFault = VolumeFault.Full };
        for (var i = 0; i < 12; i++) Step(Observe(StreamState.Streaming, StreamFailure.None, given));

        Assert.Equal(GapCause.DiskFull, Assert.Single(_gaps.Values).Cause);
    }

    /// <summary>A disk that hangs gives no error, and a volume that is only slow has no fault.</summary>
    [Fact]
    public void MediaThatWaitsForADiskWithoutAFault_IsMissedByTheDisk()
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var end = Now - Duration.FromSeconds(1);
        for (var i = 0; i < 12; i++) Step(Observe(StreamState.Streaming, StreamFailure.None, RecorderProgress.Empty with { RecordedSince = end - Duration.FromMinutes(1), RecordedThrough = end, MediaEnd = Now }));

        Assert.Equal((end, GapCause.DiskError), (Assert.Single(_gaps.Values).Start, _gaps.Values.Single().Cause));
    }

    [Theory]
    [InlineData("volume", GapCause.DiskError)]
    [InlineData("network", GapCause.Stalled)]
    public void GapThatSeemedAStall_IsTheDisks_WhenTheRecorderSaysSo(string told, GapCause cause)
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var end = Now - Duration.FromSeconds(1);
        for (var i = 0; i < 12; i++) Step(Observe(StreamState.Streaming, StreamFailure.None, RecorderProgress.Empty with { RecordedThrough = end, MediaEnd = end }));
        Assert.Equal(GapCause.Stalled, Assert.Single(_gaps.Values).Cause);
        var back = Now;
        _box.Clock.Advance(Duration.FromSeconds(3));
        Step(Recording(lag: 1, since: back, breaks: [new RecordingBreak(end, back, told)]));

        Assert.Equal((end, back, cause), (_gaps.Values.Single().Start, _gaps.Values.Single().End, _gaps.Values.Single().Cause));
    }

    [Fact]
    public void RecorderThatSawAFullDisk_NamesTheGapBetter()
    {
        for (var i = 0; i < 5; i++) Step(Recording(lag: 1));
        var end = Now - Duration.FromSeconds(1);
        var given = RecorderProgress.Empty with { RecordedThrough = end, MediaEnd = end, LastError = "the volume cannot keep up" };
        for (var i = 0; i < 12; i++) Step(Observe(StreamState.Streaming, StreamFailure.None, given));
        Assert.Equal(GapCause.DiskError, Assert.Single(_gaps.Values).Cause);
        var (from, back) = (end + Duration.FromMilliseconds(600), Now);
        _box.Clock.Advance(Duration.FromSeconds(3));
        Step(Recording(lag: 1, since: back, breaks: [new RecordingBreak(from, back, "volume_full")]));

        var gap = Assert.Single(_gaps.Values);
        Assert.Equal((from, back, GapCause.DiskFull), (gap.Start, gap.End, gap.Cause));
    }

    [Fact]
    public void Restart_OnAFullDisk_BeginsTheGap_BehindWhatWasSalvaged()
    {
        var noticed = Now - Duration.FromMinutes(1);
        var open = new GapData { Gap = Guid.CreateVersion7(), Camera = Uid, Revision = 1, Start = noticed, Cause = GapCause.DiskFull };
        _gaps[open.Gap] = open;
        var salvaged = noticed + Duration.FromMilliseconds(800);
        _tracker = new GapTracker(Uid, new KnownCamera(noticed - Duration.FromDays(1), open, salvaged, Now - Duration.FromSeconds(1)), _causes);
        Step(Failing(StreamState.Connecting, StreamFailure.None, null));

        Assert.Equal(open with { Revision = 2, Start = salvaged }, Assert.Single(_gaps.Values));
    }

    public async ValueTask DisposeAsync() => await _box.DisposeAsync();

    private static CameraConfig Config(bool enabled) => new(Uid, "gate", "Gate", "rtsp://h/", null, null, false, false, enabled, null, CameraOwner.Api, NodaConstants.UnixEpoch);

    private static CameraObserved Disabled(Instant? end) => new(Config(false), CameraCondition.Disabled, null, null, null) { Pipelines = 1, EndedAt = end };

    private CameraObserved Recording(int lag, Instant? since = null, List<RecordingBreak>? breaks = null, int pipelines = 1)
    {
        var progress = RecorderProgress.Empty with
        {
            RecordedSince = since ?? _since,
            RecordedThrough = Now - Duration.FromSeconds(lag),
            MediaEnd = Now,
            Breaks = breaks ?? [],
            BreakCount = breaks?.Count ?? 0,
        };
        return Observe(StreamState.Streaming, StreamFailure.None, progress) with { Pipelines = pipelines };
    }

    private CameraObserved Failing(StreamState state, StreamFailure failure, Instant? end) =>
        Observe(state, failure, RecorderProgress.Empty with { RecordedThrough = end, MediaEnd = end });

    private CameraObserved Observe(StreamState state, StreamFailure failure, RecorderProgress progress) =>
        new(Config(true), CameraCondition.Connecting, "why", new StreamStatus { State = state, Failure = failure, Since = Now }, progress) { Pipelines = 1 };

    private void Step(CameraObserved observed)
    {
        var changes = new GapChanges();
        _tracker.Step(observed, (from, to) => [.. Stretch.Both(_wishes, [new Stretch(from, to)])], Now, changes);
        foreach (var gap in changes.Gaps)
        {
            Assert.Equal(_gaps.TryGetValue(gap.Gap, out var before) ? before.Revision + 1 : 1, gap.Revision);
            _gaps[gap.Gap] = gap;
        }

        _wanted.AddRange(changes.Wanted);
        _box.Clock.Advance(Duration.FromSeconds(1));
    }
}
