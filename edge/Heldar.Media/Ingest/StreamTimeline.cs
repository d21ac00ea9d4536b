using Heldar.Media.Rtp;
using Heldar.Media.Streams;
using Heldar.Media.Timing;

namespace Heldar.Media.Ingest;

/// <summary>
/// Dates the units of one connection by the time rule and publishes them: holds back the first ones of an unknown timeline, opens runs, announces formats in the order that
/// subscribers rely on. Ingest thread only.
/// </summary>
/// <param name="hub">Where it publishes.</param>
/// <param name="meters">Told of each picture.</param>
/// <param name="clockSource">Whose clock dates the pictures.</param>
/// <param name="audioFormat">Of the audio track, or null without one.</param>
/// <param name="settleTime">Nanoseconds to hold back the first units; 0 holds none back.</param>
internal sealed class StreamTimeline(StreamHub hub, StreamMeters meters, ClockSource clockSource, AudioFormat? audioFormat, long settleTime) : ITrackSink, IDisposable
{
    private readonly SettlingUnits _settling = new(settleTime);
    private VideoFormat? _videoFormat;
    private bool _formatDue;

    public RunClock VideoClock { get; } = new(VideoFormat.ClockRate, opensRuns: true) { FollowBias = clockSource == ClockSource.Camera ? 0 : null };

    public RunClock? AudioClock { get; } = audioFormat is null ? null : new RunClock(audioFormat.SampleRate, opensRuns: false);

    /// <summary>The newest read; set before bytes are parsed.</summary>
    public ArrivalTime Now { get; set; }

    /// <summary>A run was opened on this connection.</summary>
    public bool InRun { get; private set; }

    /// <summary>Monotonic time of the newest picture that was published; 0 before.</summary>
    public long LastPublishedAt { get; private set; }

    public void OnVideoFormat(VideoFormat format)
    {
        Settle();
        _videoFormat = format;
        _formatDue = true;
    }

    public void OnUnit(in TrackUnit unit)
    {
        if (unit.Track == TrackKind.Audio)
        {
            OnAudio(unit);
            return;
        }

        if (!_settling.Any && (settleTime == 0 || !VideoClock.IsUnplaced(unit.RtpTimestamp, unit.IsKeyframe, Now)))
        {
            OnVideo(unit, Now);
            return;
        }

        _settling.Add(unit, Now, VideoClock.Preview(unit.RtpTimestamp, Now));
        SettleIfDue();
    }

    public void OnDamage(int packetsLost)
    {
        Settle();
        hub.Damage(packetsLost);
    }

    /// <summary>Publishes what is held back, when that was long enough.</summary>
    public void SettleIfDue()
    {
        if (_settling.IsDue(Now.Monotonic)) Settle();
    }

    /// <summary>Publishes what is held back.</summary>
    public void Settle()
    {
        foreach (var (unit, arrival) in _settling.Units) OnVideo(unit, arrival);
        _settling.Dispose();
    }

    /// <summary>Takes a sender report of a track.</summary>
    public void OnReport(in SenderReport report, TrackKind track)
    {
        var clock = track == TrackKind.Video ? VideoClock : AudioClock;
        if (clock?.Report(report, Now) is not { } offset || track != TrackKind.Video) return;
        meters.Offset(offset);
        hub.Offset(offset);
    }

    public void Dispose() => _settling.Dispose();

    private void OnVideo(in TrackUnit unit, in ArrivalTime arrival)
    {
        var placed = VideoClock.Place(unit.RtpTimestamp, unit.IsKeyframe, arrival);
        if (placed.NewRun is { } reason)
        {
            InRun = true;
            _formatDue = true;
            FollowVideo();
            AudioClock?.Rejoin(Now);
            hub.StartRun(new StreamRun(Guid.CreateVersion7(Now.Instant.ToDateTimeOffset()), reason, placed.Time));
        }

        if (_formatDue) hub.SetFormat(new StreamFormat(_videoFormat!, audioFormat));
        _formatDue = false;
        LastPublishedAt = Now.Monotonic;
        hub.Publish(new AccessUnit(TrackKind.Video, placed.Timestamp, placed.Time, unit.IsKeyframe, unit.Block, unit.Offset, unit.Length));
        meters.Published(Now.Instant);
    }

    private void OnAudio(in TrackUnit unit)
    {
        if (!InRun)
        {
            // Sound before the first picture has no run to belong to, but tells how late sound is.
            AudioClock!.Preview(unit.RtpTimestamp, Now);
            return;
        }

        FollowVideo();
        meters.Heard(Now.Instant);
        var placed = AudioClock!.Place(unit.RtpTimestamp, isKeyframe: true, Now);
        hub.Publish(new AccessUnit(TrackKind.Audio, placed.Timestamp, placed.Time, IsKeyframe: true, unit.Block, unit.Offset, unit.Length));
    }

    private void FollowVideo()
    {
        if (AudioClock is not null) (AudioClock.FollowBias, AudioClock.FollowLead) = (VideoClock.Bias, VideoClock.Lead);
    }
}
