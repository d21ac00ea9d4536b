using NodaTime;

namespace Heldar.Edge.Holds;

/// <summary>A hold in an answer.</summary>
internal sealed record HoldDto
{
    public required Guid Id { get; init; }

    public required Guid CameraUid { get; init; }

    public string? CameraId { get; init; }

    public Guid? SegmentId { get; init; }

    public required Instant From { get; init; }

    public required Instant To { get; init; }

    public required string Reason { get; init; }

    public required string Owner { get; init; }

    public string? IncidentId { get; init; }

    public Instant? ExpiresAt { get; init; }

    public required Instant CreatedAt { get; init; }

    public Instant? ReleasedAt { get; init; }

    public string? ReleasedBy { get; init; }

    /// <summary>A seal log has it, so that it outlives the database; volumes that do not have it yet get it within a minute.</summary>
    public required bool Sealed { get; init; }
}

/// <summary>Body of <c>POST /api/v1/holds</c>.</summary>
internal sealed record HoldWrite
{
    /// <summary>Slug of the camera.</summary>
    public string? CameraId { get; init; }

    public string? From { get; init; }

    public string? To { get; init; }

    public string? Reason { get; init; }

    public string? Owner { get; init; }

    public string? ExpiresAt { get; init; }

    /// <summary>The case.</summary>
    public string? IncidentId { get; init; }
}

/// <summary>A case with holds that stand.</summary>
internal sealed record IncidentDto(string Id, long Holds);
