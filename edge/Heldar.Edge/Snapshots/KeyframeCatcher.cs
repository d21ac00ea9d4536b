using System.Buffers.Binary;
using Heldar.Edge.Cameras;
using Heldar.Media.Streams;

namespace Heldar.Edge.Snapshots;

/// <summary>A keyframe with its parameter sets as an Annex B byte stream (ITU-T H.264 / H.265 Annex B).</summary>
/// <param name="AnnexB">The bytes.</param>
/// <param name="Format">ffmpeg's name of the stream format.</param>
internal sealed record Keyframe(ReadOnlyMemory<byte> AnnexB, string Format);

/// <summary>
/// Takes the newest keyframe out of a running session's ring: a subscriber for a moment, so the camera is not opened again and nothing is cached
/// per camera. Called on the ingest thread; copies one access unit.
/// </summary>
internal sealed class KeyframeCatcher : IStreamSubscriber
{
    private readonly TaskCompletionSource<Keyframe> _caught = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private VideoFormat? _format;

    /// <summary>The newest keyframe, or null when the camera sends nothing within <paramref name="timeout"/>.</summary>
    public static async Task<Keyframe?> CatchAsync(CameraRegistry cameras, Guid camera, TimeSpan timeout, CancellationToken cancellation)
    {
        var catcher = new KeyframeCatcher();
        using var subscription = cameras.Subscribe(camera, catcher);
        if (subscription is null) return null;
        try
        {
            return await catcher._caught.Task.WaitAsync(timeout, cancellation);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public void OnFormat(StreamFormat format) => _format = format.Video;

    public void OnAccessUnit(in AccessUnit unit)
    {
        if (_format is not { } format || unit.Track != TrackKind.Video || !unit.IsKeyframe || _caught.Task.IsCompleted) return;
        // As long as it will be, and handed over as it is: a start code takes as many bytes as a length.
        using var stream = new MemoryStream(unit.Length + format.ParameterSets.Sum(set => set.Length + 4));
        foreach (var set in format.ParameterSets) Write(stream, set.AsSpan());
        var rest = unit.Span;
        while (rest.Length > 4)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length == 0 || length > rest.Length - 4) break;
            Write(stream, rest.Slice(4, (int)length));
            rest = rest[(4 + (int)length)..];
        }

        _caught.TrySetResult(new Keyframe(stream.GetBuffer().AsMemory(0, (int)stream.Length), format.Codec == MediaCodec.H265 ? "hevc" : "h264"));
    }

    public void OnRun(StreamRun run)
    {
    }

    public void OnDamage(int packetsLost)
    {
    }

    public void OnLost(StreamLoss loss, string cause)
    {
    }

    public void OnCameraOffset(NodaTime.Duration offset)
    {
    }

    private static void Write(MemoryStream stream, ReadOnlySpan<byte> unit)
    {
        stream.Write([0, 0, 0, 1]);
        stream.Write(unit);
    }
}
