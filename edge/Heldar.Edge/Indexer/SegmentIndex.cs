using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Indexer;

/// <summary>Questions about closed segments. Thread-safe.</summary>
internal sealed partial class SegmentIndex(IStoreReader reader, VolumeSet volumes)
{
    public const int MaxLimit = 5000;

    /// <summary>Most stretches of one timeline.</summary>
    public const int MaxSpans = 100_000;

    /// <summary>Segments of a camera that overlap [from, to), oldest first.</summary>
    /// <param name="camera">Uid.</param>
    /// <param name="from">Inclusive.</param>
    /// <param name="to">Exclusive.</param>
    /// <param name="limit">1 to <see cref="MaxLimit"/>.</param>
    /// <param name="cursor">From the page before, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="FormatException">The cursor is not one of ours.</exception>
    public partial Task<SegmentPage> FindAsync(Guid camera, Instant from, Instant to, int limit, string? cursor, CancellationToken cancellation);

    /// <summary>A segment by its id.</summary>
    public partial Task<Segment?> FindByIdAsync(Guid id, CancellationToken cancellation);

    /// <summary>The segment of a camera that covers an instant; of several (after a clock step) the newest one.</summary>
    public partial Task<Segment?> FindAtAsync(Guid camera, Instant time, CancellationToken cancellation);

    /// <summary>
    /// What is recorded of a camera within [from, to), merged over holes up to <see cref="SpanRows.Tolerance"/> and cut to the window; the oldest
    /// <see cref="MaxSpans"/> of it. Kept, never summed up from segments.
    /// </summary>
    public partial Task<IReadOnlyList<RecordedSpan>> TimelineAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation);

    /// <summary>Holds of a case, ended ones too, oldest first.</summary>
    public partial Task<IReadOnlyList<Hold>> HoldsOfCaseAsync(string caseId, int limit, CancellationToken cancellation);

    /// <summary>What of a camera's footage within [from, to) the box did not receive live, cut to the window, oldest first.</summary>
    public partial Task<IReadOnlyList<RecordedSpan>> ForeignAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation);

    /// <summary>The file on the mirror that has the same path; null when there is none. What lies behind a link is none.</summary>
    public string? CopyOf(string relativePath) =>
        volumes.Mirror is { } mirror && mirror.Resolve(relativePath) is { } copy && System.IO.File.Exists(copy) && mirror.FirstLink(copy) is null ? copy : null;

    /// <summary>What is kept of a camera altogether; from kept counters, never a scan.</summary>
    public partial Task<CameraTotals> TotalsAsync(Guid camera, CancellationToken cancellation);
}

/// <summary>Kept counters of one camera.</summary>
/// <param name="Segments">Closed segments in the index.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Frames">Their video access units.</param>
internal readonly record struct CameraTotals(long Segments, long Bytes, long Frames);
