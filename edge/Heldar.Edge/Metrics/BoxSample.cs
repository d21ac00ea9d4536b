using System.Collections.Immutable;
using Heldar.Edge.Cameras;
using Heldar.Edge.Mirror;
using NodaTime;

namespace Heldar.Edge.Metrics;

/// <summary>What the box was at one moment. Immutable.</summary>
internal sealed record BoxSample
{
    public static BoxSample Empty { get; } = new();

    public Instant Time { get; init; } = Instant.MinValue;

    public ImmutableArray<CameraObserved> Cameras { get; init; } = [];

    public ImmutableArray<VolumeSample> Volumes { get; init; } = [];

    /// <summary>Segments in the index.</summary>
    public long Segments { get; init; }

    /// <summary>Bytes of the segments in the index.</summary>
    public long SegmentBytes { get; init; }

    /// <summary>How far the mirror is; null without one.</summary>
    public MirrorLook? Mirror { get; init; }

    public long DiskFree { get; init; }

    public long DiskTotal { get; init; }

    /// <summary>Events that no batch holds yet.</summary>
    public long OutboxEvents { get; init; }

    /// <summary>Batches that no queue has taken yet.</summary>
    public long OutboxBatches { get; init; }

    /// <summary>How long the oldest event waits.</summary>
    public Duration OutboxAge { get; init; }

    /// <summary>False when the database did not answer: its numbers are those of before.</summary>
    public bool StoreAnswers { get; init; } = true;
}

/// <summary>One volume at one moment.</summary>
/// <param name="Name">Last eight digits of its id.</param>
/// <param name="FreeBytes">Free space at the last sync.</param>
/// <param name="QueuedBytes">Media that waits for the disk.</param>
/// <param name="Works">It takes and keeps what it is given.</param>
/// <param name="QuarantineBytes">Set aside on it; what was known last where its disk does not answer.</param>
internal readonly record struct VolumeSample(string Name, long FreeBytes, long QueuedBytes, bool Works, long QuarantineBytes);
