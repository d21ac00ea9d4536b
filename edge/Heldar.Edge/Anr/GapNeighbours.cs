using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>What lies beside a hole.</summary>
/// <param name="Before">The last pictures before it.</param>
/// <param name="After">The first pictures behind it.</param>
/// <param name="OffsetMs">Camera clock minus box clock when the neighbours were recorded; null when nobody knows.</param>
internal sealed record GapEdges(IReadOnlyList<DatedPicture> Before, IReadOnlyList<DatedPicture> After, long? OffsetMs);

/// <summary>Finds what the box has beside a hole: closed segments, and the one that runs. Thread-safe.</summary>
internal sealed class GapNeighbours(SegmentIndex index)
{
    /// <summary>Footage that ends or begins within this of the hole touches it.</summary>
    private static readonly Duration Touch = Duration.FromMilliseconds(1500);
    private static readonly Duration Back = Duration.FromMinutes(6);

    /// <summary>What is recorded within a stretch.</summary>
    public async Task<IReadOnlyList<Stretch>> RecordedAsync(Guid camera, Stretch within, CancellationToken cancellation) =>
        [.. (await index.TimelineAsync(camera, within.Start, within.End, cancellation)).Select(s => new Stretch(s.Start, s.End))];

    /// <summary>The pictures on both sides.</summary>
    public async Task<GapEdges> FindAsync(Guid camera, Stretch hole, CameraObserved now, CancellationToken cancellation)
    {
        var near = (await index.FindAsync(camera, hole.Start - Back, hole.End + Touch, SegmentIndex.MaxLimit, null, cancellation)).Items;
        var before = near.Where(s => Abs(s.End - hole.Start) <= Touch).MaxBy(s => s.End);
        var after = near.Where(s => Abs(s.Start - hole.End) <= Touch).MinBy(s => s.Start);
        var (afterFile, afterCodec) = (after?.File, after?.Data.Codec);
        if (after is null && now.Recorder is { OpenStart: { } start, OpenPath: { } path } && Abs(start - hole.End) <= Touch) (afterFile, afterCodec) = (path, now.Stream?.Format?.Video.CodecString);
        return new GapEdges(
            before is { File: { } last } ? EdgePictures.Last(last, before.Data.Codec) : [],
            afterFile is not null && afterCodec is not null ? EdgePictures.First(afterFile, afterCodec) : [],
            before?.Data.CameraOffsetMs ?? after?.Data.CameraOffsetMs);
    }

    private static Duration Abs(Duration duration) => duration < Duration.Zero ? -duration : duration;
}
