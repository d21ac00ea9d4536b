using System.Runtime.CompilerServices;
using Heldar.Media.Ingest;
using Heldar.Media.Rtsp;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Replay;

/// <summary>A replay that plays. One reader; everything runs on the thread that reads.</summary>
public sealed class ReplaySession : IAsyncDisposable
{
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private const int BufferBytes = 256 * 1024;

    /// <summary>A camera whose first pictures nobody dates will not date the next ones.</summary>
    private const int MaxUndated = 250;

    private readonly RtspPlayback _playback;
    private readonly ReplayOptions _options;
    private readonly TimeProvider _time;
    private readonly ReplayTracks _tracks;
    private readonly InterleavedReader _reader;
    private readonly Instant _to;
    private long _packetAt;
    private long _keepAliveAt;

    internal ReplaySession(RtspPlayback playback, ReplayRequest request, ReplayOptions options, MediaBlockPool pool, TimeProvider time)
    {
        (_playback, _options, _time, _to) = (playback, options, time, request.To);
        _tracks = new ReplayTracks(playback, request.From, options.MaxAccessUnitBytes, pool);
        _reader = new InterleavedReader(playback.Tracks.Max(t => Math.Max(t.RtpChannel, t.RtcpChannel)));
    }

    /// <summary>Why it ended.</summary>
    public ReplayEnd End { get; private set; }

    /// <summary>Bytes received.</summary>
    public long Bytes { get; private set; }

    /// <summary>Access units as they come, in decode order; the first video unit is a keyframe. Ends by itself, <see cref="End"/> says why. To be called once.</summary>
    /// <exception cref="ReplayException">The camera's stream is broken, or it does not say when its pictures were taken.</exception>
    public async IAsyncEnumerable<ReplayUnit> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var buffer = new byte[BufferBytes];
        var kept = _playback.Early.Length;
        if (kept > buffer.Length) buffer = new byte[kept + BufferBytes];
        _playback.Early.CopyTo(buffer.AsSpan());
        var started = _packetAt = _time.GetTimestamp();
        _keepAliveAt = started;
        kept = Parse(buffer, kept);
        while (true)
        {
            foreach (var unit in _tracks.Units)
            {
                if (unit.Track == TrackKind.Video && unit.Time >= _to) End = ReplayEnd.Range;
                if (End == ReplayEnd.Range) break;
                yield return unit;
            }

            _tracks.Release();
            if (End == ReplayEnd.None && _tracks.Finished) End = ReplayEnd.EndOfFootage;
            if (Bytes > _options.MaxBytes || _time.GetElapsedTime(started) > _options.MaxTime.ToTimeSpan()) End = ReplayEnd.Limit;
            if (End != ReplayEnd.None) yield break;
            KeepAlive();
            var read = _playback.Transport.Receive(buffer.AsSpan(kept));
            if (read == 0 && !IsSilent())
            {
                await Task.Delay(Pause, _time, cancellation);
                continue;
            }

            if (read <= 0)
            {
                // The last picture of a camera that sets no markers is whole by now.
                _tracks.Rest();
                End = _tracks.SectionEnded ? ReplayEnd.EndOfFootage : read < 0 ? ReplayEnd.Closed : ReplayEnd.Silent;
                foreach (var unit in _tracks.Units)
                    if (unit.Time < _to) yield return unit;
                yield break;
            }

            Bytes += read;
            _packetAt = _time.GetTimestamp();
            kept = Parse(buffer, kept + read);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Says goodbye to the camera and closes.</summary>
    public ValueTask DisposeAsync()
    {
        _playback.Transport.Send(_playback.Control.Teardown());
        _playback.Transport.Flush();
        _tracks.Dispose();
        _playback.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads what is whole; answers how much is left at the front of the buffer.</summary>
    private int Parse(byte[] buffer, int filled)
    {
        try
        {
            var consumed = _reader.Read(buffer.AsSpan(0, filled), _tracks);
            foreach (var answer in _tracks.TakeAnswers()) Send(answer);
            if (_tracks.Undated > MaxUndated) throw new RtspException(StreamFailure.Unsupported, "the camera does not say when its pictures were taken");
            buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
            return filled - consumed;
        }
        catch (RtspException e)
        {
            throw new ReplayException(e.Failure, e.Message, e);
        }
    }

    private bool IsSilent() => _time.GetElapsedTime(_packetAt) > _options.IdleTimeout.ToTimeSpan() / (_tracks.SectionEnded ? 5 : 1);

    private void KeepAlive()
    {
        _playback.Transport.Flush();
        if (_time.GetElapsedTime(_keepAliveAt) < _playback.Control.KeepAliveEvery) return;
        _keepAliveAt = _time.GetTimestamp();
        Send(_playback.Control.KeepAlive());
    }

    private void Send(byte[] message)
    {
        if (!_playback.Transport.Send(message)) throw new ReplayException(StreamFailure.Closed, "the camera does not read what is sent to it");
    }
}
