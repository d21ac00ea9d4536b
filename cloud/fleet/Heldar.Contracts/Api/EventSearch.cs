using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Contracts.Api;

/// <summary>One page of <c>GET /api/v1/detections?from&amp;to&amp;sites&amp;cameras&amp;labels&amp;tasks&amp;confidence&amp;cursor&amp;limit</c>, the newest first.</summary>
/// <param name="Items">At most <c>limit</c> (1 to 1000, default 200).</param>
/// <param name="Cursor">Opaque; pass it back for the next page; absent on the last.</param>
public sealed record DetectionsPage(IReadOnlyList<DetectionItem> Items, string? Cursor = null);

/// <summary>What one analysis saw in one frame.</summary>
/// <param name="Event">Id of the event.</param>
/// <param name="Site">Site slug.</param>
/// <param name="Camera">Global camera uid.</param>
/// <param name="CameraName">What people call it.</param>
/// <param name="Box">The box that told it.</param>
/// <param name="At">When the frame was captured.</param>
/// <param name="TaskType">What looked at the frame.</param>
/// <param name="Detections">Everything that it saw in the frame, whatever was searched for.</param>
/// <param name="FrameId">Names the frame within the camera.</param>
public sealed record DetectionItem(string Event, string Site, Guid Camera, string CameraName, Guid Box, Instant At, string TaskType, IReadOnlyList<Detection> Detections, string? FrameId = null);

/// <summary>One page of <c>GET /api/v1/zone-events?from&amp;to&amp;sites&amp;cameras&amp;zones&amp;events&amp;labels&amp;severities&amp;cursor&amp;limit</c>, the newest first.</summary>
/// <param name="Items">At most <c>limit</c> (1 to 1000, default 200).</param>
/// <param name="Cursor">Opaque; pass it back for the next page; absent on the last.</param>
public sealed record ZoneEventsPage(IReadOnlyList<ZoneEventItem> Items, string? Cursor = null);

/// <summary>What a tracked thing did at a zone; fields as in <see cref="ZoneData"/>.</summary>
public sealed record ZoneEventItem(string Event, string Site, Guid Camera, string CameraName, Guid Box, Instant At, string Zone, string Name, string Kind, string TrackId, string Label, double Confidence, string Severity)
{
    /// <summary>How long it had been inside, in milliseconds.</summary>
    public long? DwellMs { get; init; }

    /// <summary>The still that shows it.</summary>
    public Guid? Snapshot { get; init; }
}

/// <summary>One page of <c>GET /api/v1/snapshots?from&amp;to&amp;sites&amp;cameras&amp;reasons&amp;cursor&amp;limit</c>, the newest first.</summary>
/// <param name="Items">At most <c>limit</c> (1 to 1000, default 200).</param>
/// <param name="Cursor">Opaque; pass it back for the next page; absent on the last.</param>
public sealed record SnapshotsPage(IReadOnlyList<SnapshotItem> Items, string? Cursor = null);

/// <summary>A still that a box keeps; fields as in <see cref="SnapshotTakenData"/>.</summary>
public sealed record SnapshotItem(Guid Snapshot, string Site, Guid Camera, string CameraName, Guid Box, Instant At, int Bytes, int Width, int Height, string Sha256, string Reason);

/// <summary>One page of <c>GET /api/v1/gaps?from&amp;to&amp;sites&amp;cameras&amp;causes&amp;cursor&amp;limit</c>, by their beginning, the newest first.</summary>
/// <param name="Items">At most <c>limit</c> (1 to 1000, default 200).</param>
/// <param name="Cursor">Opaque; pass it back for the next page; absent on the last.</param>
public sealed record GapsPage(IReadOnlyList<GapItem> Items, string? Cursor = null);

/// <summary>Wanted footage that is missing; fields as in <see cref="GapData"/>.</summary>
/// <param name="End">Absent while it lasts.</param>
public sealed record GapItem(Guid Gap, string Site, Guid Camera, string CameraName, Guid Box, Instant Start, string Cause, int Revision, Instant? End = null, string? Detail = null);

/// <summary>One page of <c>GET /api/v1/coverage?from&amp;to&amp;sites&amp;cameras&amp;step&amp;cursor&amp;limit</c>, ordered by camera, then time. Hours that are not closed yet are not in it.</summary>
/// <param name="Items">At most <c>limit</c> (1 to 1000, default 200).</param>
/// <param name="Cursor">Opaque; pass it back for the next page; absent on the last.</param>
public sealed record CoveragePage(IReadOnlyList<CoverageItem> Items, string? Cursor = null);

/// <summary>How much of a camera's hour or day (UTC) was wanted, is there, and is missing, in milliseconds.</summary>
/// <param name="Site">Site slug.</param>
/// <param name="Camera">Global camera uid.</param>
/// <param name="CameraName">What people call it.</param>
/// <param name="From">Start of the hour or day.</param>
/// <param name="WantedMs">Present and missing. What nobody wanted recorded is in neither.</param>
/// <param name="PresentMs">Footage that is there.</param>
/// <param name="MissingMs">The rest.</param>
/// <param name="Causes">Why, adding up to <paramref name="MissingMs"/>: a gap's cause, <c>deleted</c>, or <c>not_reported</c> while nothing is heard of the box.</param>
public sealed record CoverageItem(string Site, Guid Camera, string CameraName, Instant From, long WantedMs, long PresentMs, long MissingMs, IReadOnlyDictionary<string, long> Causes);
