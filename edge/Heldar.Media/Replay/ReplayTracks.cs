using Heldar.Media.Ingest;
using Heldar.Media.Rtp;
using Heldar.Media.Rtsp;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Replay;

/// <summary>Turns the interleaved frames of a replay into dated access units, which it holds until they are released. One thread.</summary>
internal sealed class ReplayTracks : IInterleavedSink, ITrackSink, IDisposable
{
    private readonly RtspControl _control;
    private readonly RtspTrack _videoTrack;
    private readonly RtspTrack? _audioTrack;
    private readonly VideoTrack _video;
    private readonly RtpTrack? _audio;
    private readonly AudioFormat? _sound;
    private readonly ReplayClock _videoClock;
    private readonly ReplayClock? _audioClock;
    private readonly List<ReplayUnit> _units = [];
    private List<byte[]> _answers = [];
    private StreamFormat? _format;
    private bool _broken = true;

    public ReplayTracks(RtspPlayback playback, Instant near, int maxUnitBytes, MediaBlockPool pool)
    {
        _control = playback.Control;
        _videoTrack = playback.Tracks.First(t => t.Kind == TrackKind.Video);
        _audioTrack = playback.Tracks.FirstOrDefault(t => t.Kind == TrackKind.Audio);
        var media = _videoTrack.Media;
        _video = new VideoTrack(_videoTrack.Codec, media.PayloadType, TrackSelection.ParameterSets(media), new(pool, maxUnitBytes), this);
        _videoClock = new ReplayClock(VideoFormat.ClockRate, near);
        _sound = _audioTrack is { } track ? TrackSelection.AudioFormat(track.Media, track.Codec) : null;
        if (_sound is null) return;
        var (type, rate) = (_audioTrack!.Media.PayloadType, _sound.SampleRate);
        _audioClock = new ReplayClock(rate, near);
        _audio = _sound.Codec == MediaCodec.Aac
            ? new AacTrack(type, rate, TrackSelection.AacLayoutOf(_audioTrack.Media), new(pool, maxUnitBytes), this)
            : new G711Track(type, rate, new(pool, maxUnitBytes), this);
    }

    /// <summary>Units since the last release, in order.</summary>
    public IReadOnlyList<ReplayUnit> Units => _units;

    /// <summary>The camera says that nothing more comes.</summary>
    public bool Finished { get; private set; }

    /// <summary>The newest picture was the last of its section.</summary>
    public bool SectionEnded { get; private set; }

    /// <summary>Pictures of which nobody said when they were taken, since one was dated.</summary>
    public int Undated { get; private set; }

    /// <summary>What is to be sent to the camera.</summary>
    public IReadOnlyList<byte[]> TakeAnswers()
    {
        if (_answers.Count == 0) return [];
        var answers = _answers;
        _answers = [];
        return answers;
    }

    /// <summary>Gives the units back.</summary>
    public void Release()
    {
        foreach (var unit in _units) unit.Block.Release();
        _units.Clear();
    }

    public void Rest() => _video.Rest();

    public void Dispose()
    {
        Release();
        _video.Dispose();
        _audio?.Dispose();
    }

    public void OnFrame(int channel, ReadOnlySpan<byte> body)
    {
        if (channel == _videoTrack.RtpChannel)
        {
            _videoClock.Stamp(body);
            _video.Receive(body, 0);
        }
        else if (channel == _audioTrack?.RtpChannel && _audio is not null)
        {
            _audioClock!.Stamp(body);
            _audio.Receive(body, 0);
        }
        else if (channel == _videoTrack.RtcpChannel) Report(_video, _videoClock, body, isVideo: true);
        else if (channel == _audioTrack?.RtcpChannel && _audio is not null) Report(_audio, _audioClock!, body, isVideo: false);
    }

    public void OnMessage(RtspMessage message)
    {
        if (_control.Answer(message) is { } answer) _answers.Add(answer);
    }

    public void OnVideoFormat(VideoFormat format) => _format = new StreamFormat(format, _sound);

    public void OnUnit(in TrackUnit unit)
    {
        var video = unit.Track == TrackKind.Video;
        var clock = video ? _videoClock : _audioClock!;
        var stamp = clock.Find(unit);
        if (stamp is not { } known || _format is null)
        {
            // What follows a picture that cannot be used does not follow the one before it.
            if (video) (Undated, _broken) = (Undated + 1, true);
            return;
        }

        var follows = !video || !(_broken || known.Discontinuous || SectionEnded);
        unit.Block.Retain();
        _units.Add(new ReplayUnit(_format, unit.Track, known.Time, clock.Unwrap(unit.RtpTimestamp), unit.IsKeyframe, follows, unit.Block, unit.Offset, unit.Length));
        if (!video) return;
        (Undated, _broken, SectionEnded) = (0, false, known.Ends);
        Finished |= known.Terminal;
    }

    public void OnDamage(int packetsLost) => _broken = true;

    private void Report(RtpTrack track, ReplayClock clock, ReadOnlySpan<byte> body, bool isVideo)
    {
        if (Rtcp.TryRead(body, out var report, out var bye) && (!track.Sequence.Started || report.Source == track.Sequence.Source)) clock.Report(report);
        if (!bye || !isVideo) return;
        _video.Rest();
        Finished = true;
    }
}
