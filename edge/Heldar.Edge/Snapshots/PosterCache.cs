using System.Collections.Concurrent;
using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Snapshots;

/// <summary>
/// Small pictures of every camera's newest keyframe, each at most 640 pixels wide and kept for 30 s, so that a wall of viewers costs one decode per
/// camera and half minute. Callers of one camera share one decode. Thread-safe.
/// </summary>
internal sealed class PosterCache(CameraRegistry cameras, JpegDecoder decoder, IClock clock)
{
    public const int MaxWidth = 640;
    public static readonly Duration Lifetime = Duration.FromSeconds(30);
    private static readonly TimeSpan KeyframeTimeout = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<Guid, Poster> _posters = new();

    /// <summary>A JPEG, or null when the camera sends no picture. Throws <see cref="SnapshotException"/>.</summary>
    public async Task<byte[]?> GetAsync(Guid camera, CancellationToken cancellation)
    {
        if (cameras.Find(camera) is null)
        {
            _posters.TryRemove(camera, out _);
            return null;
        }

        var poster = _posters.GetOrAdd(camera, _ => new Poster());
        await poster.Turn.WaitAsync(cancellation);
        try
        {
            var now = clock.GetCurrentInstant();
            if (poster.Jpeg is not null && now - poster.At < Lifetime) return poster.Jpeg;
            if (await KeyframeCatcher.CatchAsync(cameras, camera, KeyframeTimeout, cancellation) is not { } keyframe) return null;
            poster.Jpeg = await decoder.FromStreamAsync(keyframe.AnnexB, keyframe.Format, MaxWidth, cancellation);
            poster.At = now;
            return poster.Jpeg;
        }
        finally
        {
            poster.Turn.Release();
        }
    }

    private sealed class Poster
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public byte[]? Jpeg { get; set; }

        public Instant At { get; set; }
    }
}
