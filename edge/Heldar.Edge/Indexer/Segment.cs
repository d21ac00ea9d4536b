using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Edge.Indexer;

/// <summary>One closed segment as the index knows it.</summary>
/// <param name="Data">What its event told.</param>
/// <param name="Volume">Identity of the volume that holds the file.</param>
/// <param name="RelativePath">Path below the volume's root, with forward slashes.</param>
/// <param name="File">Absolute path now; null while the volume is not mounted.</param>
internal sealed record Segment(SegmentData Data, Guid Volume, string RelativePath, string? File)
{
    public Guid Id => Data.Segment;

    public Guid Camera => Data.Camera;

    public Instant Start => Data.Start;

    public Instant End => Data.End;

    public long Bytes => Data.Bytes;

    /// <summary>A hold covers it: nothing deletes it.</summary>
    public bool Held { get; init; }
}

/// <summary>Part of an answer, ordered by start.</summary>
/// <param name="Items">At most the limit.</param>
/// <param name="Cursor">Pass it back for what follows; null at the end.</param>
internal sealed record SegmentPage(IReadOnlyList<Segment> Items, string? Cursor);

/// <summary>A stretch without a hole longer than the tolerance.</summary>
internal readonly record struct RecordedSpan(Instant Start, Instant End);
