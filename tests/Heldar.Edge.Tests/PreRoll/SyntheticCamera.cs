using System.Buffers.Binary;
using Heldar.Edge.PreRoll;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Tests.PreRoll;

/// <summary>A stream of a known bit rate at 25 pictures a second: keyframes ten times as large as the others, each with its number in its bytes.</summary>
internal sealed class SyntheticCamera(PreRollRing ring, MediaBlockPool pool, long bitsPerSecond, int groupSeconds)
{
    public const int FramesPerSecond = 25;
    private const int KeyWeight = 10;
    private readonly int _group = groupSeconds * FramesPerSecond;

    /// <summary>Time of the next picture.</summary>
    public Instant Now { get; set; } = Instant.FromUtc(2026, 11, 21, 8, 0);

    /// <summary>Number of the next picture.</summary>
    public int Next { get; private set; }

    public int GroupBytes => (int)(bitsPerSecond / 8 * groupSeconds);

    public static int NumberOf(in AccessUnit unit) => BinaryPrimitives.ReadInt32LittleEndian(unit.Span);

    public void Begin(RunReason reason = RunReason.Connected)
    {
        ring.Append(new StreamRun(Guid.CreateVersion7(), reason, Now));
        ring.Append(Format(640));
    }

    public static StreamFormat Format(int width) => new(new VideoFormat(MediaCodec.H264, [[103, 1], [104, 1]], width, 360, "avc1.64001e"), null);

    /// <summary>Sends pictures; <paramref name="after"/> is called after each.</summary>
    public void Send(int frames, Action? after = null)
    {
        for (var i = 0; i < frames; i++)
        {
            var key = Next % _group == 0;
            var length = Length(key);
            Assert.True(pool.TryRent(length, out var block));
            for (var at = 0; at + 4 <= length; at += 4) BinaryPrimitives.WriteInt32LittleEndian(block.Bytes.AsSpan(at), Next);
            ring.Append(new AccessUnit(TrackKind.Video, Next * 3600L, Now, key, block, 0, length));
            block.Release();
            Now += Duration.FromMilliseconds(1000 / FramesPerSecond);
            Next++;
            after?.Invoke();
        }
    }

    public int Length(bool key) => GroupBytes / (_group - 1 + KeyWeight) * (key ? KeyWeight : 1);
}
