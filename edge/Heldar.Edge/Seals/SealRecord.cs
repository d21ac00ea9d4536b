using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Edge.Seals;

/// <summary>What one line of the seal log tells.</summary>
internal enum SealType
{
    /// <summary>A segment was opened; <see cref="SealRecord.Opened"/>.</summary>
    Opened,

    /// <summary>Digests of pieces of a running segment, sealed before they are written; <see cref="SealRecord.Fragments"/>.</summary>
    Fragments,

    /// <summary>A segment closed; <see cref="SealRecord.Data"/> and <see cref="SealRecord.Path"/>.</summary>
    Closed,

    /// <summary>A segment was salvaged after a crash; as for closed.</summary>
    Salvaged,

    /// <summary>Nothing was recorded for a while; <see cref="SealRecord.Missing"/>.</summary>
    Gap,

    /// <summary>Footage was deleted; <see cref="SealRecord.Deleted"/>.</summary>
    Deletion,

    /// <summary>Footage is held as evidence; <see cref="SealRecord.Hold"/>.</summary>
    Hold,

    /// <summary>A file was moved to the quarantine folder; <see cref="SealRecord.Path"/> and <see cref="SealRecord.Cause"/>.</summary>
    Quarantined,

    /// <summary>A segment was opened, took nothing and was removed; <see cref="SealRecord.Path"/> and <see cref="SealRecord.Cause"/>.</summary>
    Discarded,

    /// <summary>Footage of a camera was wanted; <see cref="SealRecord.Wanted"/>.</summary>
    Wanted,

    /// <summary>Something that whoever reads the log must know, about the volume (<see cref="SealRecord.Cause"/>) or of the files before (<see cref="SealRecord.Standing"/>).</summary>
    Noted,

    /// <summary>The beginning of the log was taken away, since no footage is left of it; <see cref="SealRecord.Pruned"/>.</summary>
    Pruned,
}

/// <summary>One line of the seal log. Parts that the type does not use are absent from the line.</summary>
internal sealed record SealRecord
{
    /// <summary>From 1, without holes, over the whole log of a volume.</summary>
    public long Seq { get; init; }

    /// <summary>SHA-256 of the line before without its line feed, lower-case hex; 64 zeros on the first.</summary>
    public string Prev { get; init; } = "";

    /// <summary>When it was sealed, by the box's clock.</summary>
    public Instant At { get; init; }

    public required SealType Type { get; init; }

    /// <summary>Path of the file below the volume.</summary>
    public string? Path { get; init; }

    public OpenedSeal? Opened { get; init; }

    public FragmentsSeal? Fragments { get; init; }

    public SegmentData? Data { get; init; }

    /// <summary>A time of a camera without footage; each revision is a line of its own.</summary>
    public GapData? Missing { get; init; }

    /// <summary>A time of a camera that footage was wanted of.</summary>
    public WantedSeal? Wanted { get; init; }

    public FootageDeletedData? Deleted { get; init; }

    public HoldSeal? Hold { get; init; }

    /// <summary>Of a deletion: the segments that are gone.</summary>
    public IReadOnlyList<Guid>? Segments { get; init; }

    public PrunedSeal? Pruned { get; init; }

    public StandingSeal? Standing { get; init; }

    /// <summary>For people.</summary>
    public string? Cause { get; init; }
}

/// <summary>A segment that begins.</summary>
/// <param name="Slug">Folder of the camera.</param>
/// <param name="HeaderBytes">Length of the header, which is leaf 0.</param>
/// <param name="HeaderSha256">Digest of the header.</param>
internal sealed record OpenedSeal(
    Guid Segment, Guid Camera, string Slug, Guid Run, Instant Start, string Codec, int Width, int Height, int HeaderBytes, string HeaderSha256);

/// <summary>Pieces of a running segment: fragments, and the tail (which has no frames).</summary>
internal sealed record FragmentsSeal(Guid Segment, IReadOnlyList<FragmentSeal> Items);

/// <summary>One piece.</summary>
/// <param name="Offset">First byte in the file.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Frames">Video access units.</param>
/// <param name="End">End of its media.</param>
/// <param name="Sha256">Digest of its bytes, lower-case hex.</param>
internal sealed record FragmentSeal(long Offset, int Bytes, int Frames, Instant End, string Sha256);

/// <summary>Recording of a camera was wanted from a moment on; absent <paramref name="To"/> while it is, and a second line tells its end.</summary>
internal sealed record WantedSeal(Guid Camera, Instant From, Instant? To = null);

/// <summary>
/// What stands in the ledger of gaps: said again in each file of a log soon after it begins, so that a start that has nothing but long logs knows it from the newest files.
/// </summary>
internal sealed record StandingSeal(IReadOnlyList<StandingCamera> Cameras);

/// <summary>One camera of it.</summary>
/// <param name="Camera">The camera.</param>
/// <param name="Slug">Its folder.</param>
/// <param name="Wish">The newest wish that is noted; absent before the first one.</param>
/// <param name="Gap">The gap that lasts, in its newest revision.</param>
/// <param name="Through">How far the camera was recorded within the wish.</param>
internal sealed record StandingCamera(Guid Camera, string Slug, WantedSeal? Wish = null, GapData? Gap = null, Instant? Through = null);

/// <summary>A time of a camera that must not be deleted. Each line carries the whole hold, so that any one of them brings it back.</summary>
/// <param name="Level">Role of who placed it; a lower one cannot end it.</param>
/// <param name="Created">When it was placed.</param>
/// <param name="Released">When it ended; absent while it stands.</param>
/// <param name="ReleasedBy">Who ended it.</param>
internal sealed record HoldSeal(HoldAppliedData Data, int Level, Instant Created, Guid? Segment = null, Instant? Released = null, string? ReleasedBy = null);

/// <summary>What is no longer in the log: the chain is held by the digest of the last line that went.</summary>
/// <param name="Seq">Number of the last line that went.</param>
/// <param name="Hash">Its SHA-256, lower-case hex.</param>
/// <param name="Ledger">For each camera with footage, from when on its ledger of gaps is whole.</param>
internal sealed record PrunedSeal(long Seq, string Hash, IReadOnlyList<LedgerBegin> Ledger);

/// <summary>The ledger of a camera says nothing of the time before.</summary>
internal sealed record LedgerBegin(Guid Camera, Instant From);
