using Heldar.Media.Rtp;
using Heldar.Media.Rtsp;
using Heldar.Media.Streams;
using Heldar.Media.Timing;
using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>
/// One playing connection: bytes of its transport to access units of the hub, keep-alive, receiver reports, media watchdog. Made by the session,
/// then owned by the ingest thread until <see cref="Ended"/>.
/// </summary>
internal sealed class StreamReceiver : IInterleavedSink, IDisposable
{
    /// <summary>How many media timeouts a camera may send pictures of which none can be published.</summary>
    private const int UndecodableTimeouts = 6;

    private const long Second = ArrivalTime.Second;
    private const long ReportEvery = 5 * Second;
    private const long RateEvery = 2 * Second;
    private const long LastsAfter = 10 * Second;
    private const long RestAfter = Second / 2;
    private const int MaxRounds = 8;
    private const int FrameHeader = 4;

    private readonly RtspPlayback _playback;
    private readonly StreamHub _hub;
    private readonly StreamMeters _meters;
    private readonly InterleavedReader _reader;
    private readonly StreamTimeline _timeline;
    private readonly VideoTrack _video;
    private readonly RtspTrack _videoTrack;
    private readonly RtspTrack? _audioTrack;
    private readonly RtpTrack? _audio;
    private readonly TaskCompletionSource<StreamEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _mediaTimeout;
    private readonly long _keepAliveEvery;
    private readonly uint _self = (uint)Random.Shared.NextInt64(1, uint.MaxValue);
    private byte[] _tail;
    private int _tailLength;
    private bool _started;
    private long _startedAt;
    private long _units;
    private long _lastUnitAt;
    private long _videoAt;
    private long _keepAliveAt;
    private long _reportAt;
    private long _lostBefore;
    private long _rateAt;
    private long _rateFrames;
    private long _rateBytes;

    public StreamReceiver(RtspPlayback playback, StreamSource source, IngestOptions options, MediaBlockPool pool, StreamHub hub, StreamMeters meters)
    {
        _playback = playback;
        _hub = hub;
        _meters = meters;
        _videoTrack = playback.Tracks.First(t => t.Kind == TrackKind.Video);
        _audioTrack = playback.Tracks.FirstOrDefault(t => t.Kind == TrackKind.Audio);
        _reader = new InterleavedReader(playback.Tracks.Max(t => Math.Max(t.RtpChannel, t.RtcpChannel)));
        var sound = _audioTrack is { } track ? TrackSelection.AudioFormat(track.Media, track.Codec) : null;
        _timeline = new StreamTimeline(hub, meters, source.Clock, sound, (long)options.SettleTime.TotalNanoseconds);
        var media = _videoTrack.Media;
        _video = new VideoTrack(_videoTrack.Codec, media.PayloadType, TrackSelection.ParameterSets(media), Builder(), _timeline);
        if (sound is not null)
        {
            var type = _audioTrack!.Media.PayloadType;
            _audio = sound.Codec == MediaCodec.Aac
                ? new AacTrack(type, sound.SampleRate, TrackSelection.AacLayoutOf(_audioTrack.Media), Builder(), _timeline)
                : new G711Track(type, sound.SampleRate, Builder(), _timeline);
        }

        _mediaTimeout = (long)options.MediaTimeout.TotalNanoseconds;
        _keepAliveEvery = (long)playback.Control.KeepAliveEvery.TotalNanoseconds;
        _tail = playback.Early;
        _tailLength = _tail.Length;

        AccessUnitBuilder Builder() => new(pool, options.MaxAccessUnitBytes);
    }

    private ArrivalTime Now => _timeline.Now;

    /// <summary>Completes when the connection is closed and the subscribers know.</summary>
    public Task<StreamEnd> Ended => _ended.Task;

    /// <summary>Reads what is there. False when the connection ended.</summary>
    /// <param name="buffer">The engine's shared buffer.</param>
    /// <param name="clock">Wall clock.</param>
    /// <param name="time">Monotonic clock.</param>
    public bool Tick(Span<byte> buffer, IClock clock, TimeProvider time)
    {
        try
        {
            _timeline.Now = ArrivalTime.Read(clock, time);
            if (!_started) Start();
            Receive(buffer, clock, time);
            Maintain();
            return true;
        }
        catch (RtspException e)
        {
            End(e.Failure switch { StreamFailure.NoMedia => StreamLoss.Stalled, StreamFailure.Closed => StreamLoss.Unreachable, _ => StreamLoss.Protocol }, e.Failure, e.Message);
            return false;
        }
    }

    /// <summary>Says goodbye to the camera and ends. What has arrived and was not read yet is lost: see <see cref="IngestReader.Close"/>.</summary>
    public void Stop()
    {
        if (Ended.IsCompleted) return;
        _playback.Transport.Send(_playback.Control.Teardown());
        End(StreamLoss.Stopped, StreamFailure.None, "stopped");
    }

    /// <summary>Closes everything; the subscribers are told once.</summary>
    public void End(StreamLoss loss, StreamFailure failure, string cause)
    {
        if (Ended.IsCompleted) return;
        _timeline.Settle();
        _hub.Lose(loss, cause);
        _meters.Stopped();
        Dispose();
        _ended.TrySetResult(new StreamEnd(loss, failure, cause, _timeline.LastPublishedAt - _startedAt >= LastsAfter));
    }

    public void Dispose()
    {
        _timeline.Dispose();
        _video.Dispose();
        _audio?.Dispose();
        _playback.Dispose();
    }

    void IInterleavedSink.OnFrame(int channel, ReadOnlySpan<byte> body)
    {
        var arrival = (double)Now.Monotonic / Second;
        if (channel == _videoTrack.RtpChannel)
        {
            _videoAt = Now.Monotonic;
            _video.Receive(body, arrival);
        }
        else if (channel == _audioTrack?.RtpChannel) _audio?.Receive(body, arrival);
        else if (channel == _videoTrack.RtcpChannel) Control(_video, TrackKind.Video, body);
        else if (channel == _audioTrack?.RtcpChannel && _audio is not null) Control(_audio, TrackKind.Audio, body);
    }

    void IInterleavedSink.OnMessage(RtspMessage message)
    {
        if (_playback.Control.Answer(message) is { } answer) Send(answer);
    }

    private void Start()
    {
        _started = true;
        _startedAt = _lastUnitAt = _rateAt = Now.Monotonic;
        _keepAliveAt = Now.Monotonic + _keepAliveEvery;
        _reportAt = Now.Monotonic + ReportEvery;
        (_rateFrames, _rateBytes) = (_hub.Frames, _hub.Bytes);
        var consumed = _reader.Read(_tail.AsSpan(0, _tailLength), this);
        _tail = _tail.AsSpan(consumed).ToArray();
        _tailLength = _tail.Length;
    }

    private void Receive(Span<byte> buffer, IClock clock, TimeProvider time)
    {
        var kept = _tailLength;
        _tail.AsSpan(0, kept).CopyTo(buffer);
        for (var round = 0; round < MaxRounds; round++)
        {
            var space = buffer.Length - kept;
            var read = _playback.Transport.Receive(buffer[kept..]);
            if (read < 0) throw new RtspException(StreamFailure.Closed, "the camera closed the connection");
            if (read == 0) break;
            if (round > 0) _timeline.Now = ArrivalTime.Read(clock, time);
            var consumed = _reader.Read(buffer[..(kept + read)], this);
            var rest = buffer[consumed..(kept + read)];
            rest.CopyTo(buffer);
            kept = rest.Length;
            if (read < space) break;
        }

        Keep(buffer[..kept]);
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > _tail.Length) _tail = new byte[Math.Max(2048, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rest.Length))];
        rest.CopyTo(_tail);
        _tailLength = rest.Length;
    }

    private void Maintain()
    {
        var now = Now.Monotonic;
        if (now - _videoAt > RestAfter) _video.Rest();
        _timeline.SettleIfDue();
        _hub.Time(Duration.FromNanoseconds(now));
        if (_video.Units != _units) (_units, _lastUnitAt) = (_video.Units, now);
        if (now - _lastUnitAt > _mediaTimeout) throw new RtspException(StreamFailure.NoMedia, $"no media for {(double)_mediaTimeout / Second:0.#} s");
        if (now - Math.Max(_startedAt, _timeline.LastPublishedAt) > _mediaTimeout * UndecodableTimeouts)
        {
            throw new RtspException(StreamFailure.NoMedia, "no decodable video: keyframes or parameter sets are missing");
        }

        if (now >= _keepAliveAt)
        {
            _keepAliveAt = now + _keepAliveEvery;
            Send(_playback.Control.KeepAlive());
        }

        if (now >= _reportAt)
        {
            _reportAt = now + ReportEvery;
            SendReport(_video, _videoTrack.RtcpChannel);
            if (_audio is not null) SendReport(_audio, _audioTrack!.RtcpChannel);
        }

        _playback.Transport.Flush();
        if (now - _rateAt >= RateEvery) Measure(now);
    }

    private void Measure(long now)
    {
        var seconds = (double)(now - _rateAt) / Second;
        var lost = _video.Lost + _video.Broken + (_audio is { } audio ? audio.Lost + audio.Broken : 0);
        _meters.Measured((_hub.Frames - _rateFrames) / seconds, (long)((_hub.Bytes - _rateBytes) * 8 / seconds), lost - _lostBefore);
        (_rateAt, _rateFrames, _rateBytes, _lostBefore) = (now, _hub.Frames, _hub.Bytes, lost);
    }

    private void Control(RtpTrack track, TrackKind kind, ReadOnlySpan<byte> body)
    {
        if (Rtcp.TryRead(body, out var report, out var bye) && (!track.Sequence.Started || report.Source == track.Sequence.Source))
        {
            track.Report = report;
            track.ReportedAt = Now.Monotonic;
            _timeline.OnReport(report, kind);
        }

        if (bye && kind == TrackKind.Video) throw new RtspException(StreamFailure.Closed, "the camera ended the stream (RTCP BYE)");
    }

    private void SendReport(RtpTrack track, int channel)
    {
        if (!track.Sequence.Started || channel > byte.MaxValue) return;
        Span<byte> frame = stackalloc byte[FrameHeader + Rtcp.ReceiverReportLength];
        frame[0] = (byte)'$';
        frame[1] = (byte)channel;
        frame[2] = 0;
        frame[3] = Rtcp.ReceiverReportLength;
        var (last, delay) = track.Report is { } report
            ? ((uint)(report.Ntp >> 16), (uint)Math.Min((Now.Monotonic - track.ReportedAt) / (Second / 65536.0), uint.MaxValue))
            : (0u, 0u);
        Rtcp.WriteReceiverReport(frame[FrameHeader..], _self, track.Sequence, last, delay);
        Send(frame);
    }

    private void Send(ReadOnlySpan<byte> message)
    {
        if (!_playback.Transport.Send(message)) throw new RtspException(StreamFailure.Closed, "the camera does not read what is sent to it");
    }
}
