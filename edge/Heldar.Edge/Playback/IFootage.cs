using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Playback;

/// <summary>One stretch of footage in one file.</summary>
/// <param name="Id">Segment id.</param>
/// <param name="Camera">Camera uid.</param>
/// <param name="Start">Start.</param>
/// <param name="End">End; of the running segment, the end of the last fragment that is on disk.</param>
/// <param name="Bytes">Bytes that can be served: of the running segment, up to its last whole fragment.</param>
/// <param name="Path">The file. From the index or the recorder, never from a request.</param>
internal sealed record Footage(Guid Id, Guid Camera, Instant Start, Instant End, long Bytes, string Path)
{
    /// <summary>Still being recorded.</summary>
    public bool Open { get; init; }

    /// <summary>Held as evidence.</summary>
    public bool Held { get; init; }

    public string? Codec { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public int Frames { get; init; }

    public int Revision { get; init; }

    /// <summary>Where it comes from when the box did not receive it live.</summary>
    public FootageProvenance? Provenance { get; init; }

    public string? Sha256 { get; init; }

    public string? Root { get; init; }
}

/// <summary>Finds footage, closed and running. Thread-safe.</summary>
internal interface IFootage
{
    /// <summary>Footage of a camera that overlaps [from, to), oldest first.</summary>
    /// <param name="camera">Camera uid.</param>
    /// <param name="from">Start of the range.</param>
    /// <param name="to">End of the range.</param>
    /// <param name="limit">Most answers.</param>
    /// <param name="cancellation">Ends the search.</param>
    Task<IReadOnlyList<Footage>> FindAsync(Guid camera, Instant from, Instant to, int limit, CancellationToken cancellation);

    /// <summary>Stretches that are recorded of a camera within [from, to), oldest first, the running segment included.</summary>
    Task<IReadOnlyList<RecordedSpan>> TimelineAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation);

    /// <summary>What of it within [from, to) the box did not receive live, oldest first.</summary>
    Task<IReadOnlyList<RecordedSpan>> ForeignAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation);

    /// <summary>The segment with an id, or null.</summary>
    Task<Footage?> FindByIdAsync(Guid id, CancellationToken cancellation);

    /// <summary>The segment that covers an instant, else the first that starts within the second after it, or null.</summary>
    Task<Footage?> FindAtAsync(Guid camera, Instant at, CancellationToken cancellation);
}
