using Heldar.Media.Streams;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Recorder;

/// <summary>Plays films to a subscriber as the ingest does: access units packed into pooled blocks, one run after the other.</summary>
internal sealed class Feed(IStreamSubscriber subscriber, MediaBlockPool pool, ManualClock clock) : IDisposable
{
    private MediaBlock? _block;
    private int _used;
    private long _offset;

    /// <summary>Time of the next frame that is fed; the clock follows.</summary>
    public Instant Now { get; set; } = clock.Now;

    public StreamRun Run { get; private set; } = new(Guid.Empty, RunReason.Connected, default);

    public void Start(VideoFormat video, AudioFormat? audio = null, RunReason reason = RunReason.Connected)
    {
        Run = new StreamRun(Guid.CreateVersion7(), reason, Now);
        _offset = 1_000_000;
        subscriber.OnRun(Run);
        subscriber.OnFormat(new StreamFormat(video, audio));
    }

    /// <summary>Plays frames; the next ones follow directly. Answers the times of the pictures, in decode order.</summary>
    public IReadOnlyList<Instant> Play(IReadOnlyList<ClipFrame> frames)
    {
        List<Instant> times = new(frames.Count);
        foreach (var frame in frames)
        {
            var time = Now + Duration.FromNanoseconds(frame.Time * 100_000 / 9);
            clock.Now = Instant.Max(clock.Now, time);
            Send(TrackKind.Video, _offset + frame.Time, time, frame.Key, frame.Bytes);
            times.Add(time);
        }

        var length = frames.Max(f => f.Time) + 3600;
        _offset += length;
        Now += Duration.FromNanoseconds(length * 100_000 / 9);
        return times;
    }

    public void Send(TrackKind track, long timestamp, Instant time, bool key, byte[] bytes)
    {
        if (_block is null || _used + bytes.Length > _block.Bytes.Length)
        {
            _block?.Release();
            Assert.True(pool.TryRent(bytes.Length, out _block));
            _used = 0;
        }

        bytes.CopyTo(_block.Bytes, _used);
        subscriber.OnAccessUnit(new AccessUnit(track, timestamp, time, key, _block, _used, bytes.Length));
        _used += bytes.Length;
    }

    /// <summary>The next frame gets the timestamp of one that came before.</summary>
    public void Rewind(int frames) => _offset -= frames * 3600L;

    /// <summary>Lets time pass without media.</summary>
    public void Wait(Duration duration)
    {
        Now += duration;
        _offset += (long)(duration.TotalSeconds * VideoFormat.ClockRate);
        clock.Now = Instant.Max(clock.Now, Now);
    }

    public void Dispose()
    {
        _block?.Release();
        _block = null;
    }
}
