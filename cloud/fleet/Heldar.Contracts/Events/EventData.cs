using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>Where a segment's hashes come from.</summary>
public enum HashOrigin
{
    /// <summary>Hashed while it was written.</summary>
    Recorded = 0,

    /// <summary>Hashed from the file afterwards (a file without a seal); never presented as original.</summary>
    Recomputed = 1,
}

/// <summary>Where footage comes from that the box did not receive live.</summary>
public enum FootageProvenance
{
    /// <summary>The camera's own storage: it filled a gap afterwards.</summary>
    Camera = 1,
}

/// <summary>Data of <c>heldar.segment.closed.v1</c> and <c>heldar.segment.revised.v1</c>.</summary>
public sealed record SegmentData
{
    /// <summary>UUIDv7 made when the segment opened; also in the file's name and in its uuid box.</summary>
    public required Guid Segment { get; init; }

    public required Guid Camera { get; init; }

    /// <summary>From 1; salvage, restore and refill raise it; the highest wins.</summary>
    public required int Revision { get; init; }

    /// <summary>The recording run; segments of one run never overlap.</summary>
    public required Guid Run { get; init; }

    public required Instant Start { get; init; }

    public required Instant End { get; init; }

    /// <summary>File size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>RFC 6381 codec string, for example <c>avc1.640028</c>.</summary>
    public required string Codec { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    /// <summary>Video access units (frames) in the file.</summary>
    public required int Frames { get; init; }

    /// <summary>SHA-256 of the whole file, 64 lower-case hex digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>RFC 6962 Merkle root over the fragment digests, 64 lower-case hex digits.</summary>
    public required string Root { get; init; }

    public HashOrigin HashOrigin { get; init; }

    /// <summary>Camera clock minus box clock in milliseconds, by RTCP sender reports; null when the camera sends none.</summary>
    public long? CameraOffsetMs { get; init; }

    /// <summary>Where the footage comes from; absent when the box received it live.</summary>
    public FootageProvenance? Provenance { get; init; }

    /// <summary>Why this revision exists: <c>closed</c>, <c>salvaged</c>, <c>restored</c>, <c>refilled</c>.</summary>
    public required string Reason { get; init; }
}

/// <summary>Data of <c>heldar.footage.deleted.v1</c>: every segment of the camera that starts in [From, To) is gone from the box.</summary>
public sealed record FootageDeletedData
{
    public required Guid Camera { get; init; }

    public required Instant From { get; init; }

    public required Instant To { get; init; }

    public required string Reason { get; init; }

    public required long Count { get; init; }

    public required long Bytes { get; init; }
}

/// <summary>State of one camera as its box sees it.</summary>
public enum CameraCondition
{
    Disabled = 0,
    Connecting = 1,
    Recording = 2,
    Stalled = 3,
    Offline = 4,
    AuthFailed = 5,
    Error = 6,

    /// <summary>It could record and shall not now: outside its schedule, or no event.</summary>
    Idle = 7,
}

/// <summary>Data of <c>heldar.camera.state.v1</c>.</summary>
public sealed record CameraStateData
{
    /// <summary>Longest <see cref="Cause"/>, in characters.</summary>
    public const int MaxCause = 2000;

    /// <summary>Counts the box's starts, from 1.</summary>
    public required long BootSeq { get; init; }

    /// <summary>Counts state events within one start, from 1; one counter for the whole box.</summary>
    public required long Seq { get; init; }

    public required Guid Camera { get; init; }

    public required string Name { get; init; }

    public required CameraCondition Condition { get; init; }

    /// <summary>For people; never holds credentials.</summary>
    public string? Cause { get; init; }

    public required Instant Since { get; init; }
}

/// <summary>Data of <c>heldar.box.status.v1</c>: sent every few seconds, so that the newest footage is findable before its segment closes.</summary>
public sealed record BoxStatusData
{
    public required long BootSeq { get; init; }

    public required long Seq { get; init; }

    public required IReadOnlyList<CameraProgress> Cameras { get; init; }

    public required long DiskFreeBytes { get; init; }

    public required long DiskTotalBytes { get; init; }

    /// <summary>Messages that wait in the outbox.</summary>
    public required long OutboxBacklog { get; init; }
}

/// <summary>How far one camera is recorded.</summary>
/// <param name="Camera">Global uid.</param>
/// <param name="Condition">State now.</param>
/// <param name="RecordedSince">Start of the unbroken recording that is still running; null when none runs.</param>
/// <param name="RecordedThrough">End of the last fragment that is safely on disk.</param>
/// <param name="OpenSegment">Id of the running segment.</param>
/// <param name="OpenStart">Start of the running segment.</param>
public sealed record CameraProgress(
    Guid Camera, CameraCondition Condition, Instant? RecordedSince = null, Instant? RecordedThrough = null, Guid? OpenSegment = null, Instant? OpenStart = null);

/// <summary>Data of <c>heldar.box.described.v1</c>: the box's signed self-description at each start and after each change of its cameras.</summary>
public sealed record BoxDescribedData
{
    /// <summary>Most cameras of one box.</summary>
    public const int MaxCameras = 4096;

    public required long BootSeq { get; init; }

    public required long Seq { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }

    public required IReadOnlyList<CameraDescription> Cameras { get; init; }

    public IReadOnlyList<string> Capabilities { get; init; } = [];
}

/// <summary>One camera in a box's self-description. Never holds its address or credentials.</summary>
public sealed record CameraDescription(Guid Camera, string Slug, string Name, bool Enabled, string? Codec = null, int? Width = null, int? Height = null);
