using NodaTime;

namespace Heldar.Edge.Jobs;

/// <summary>A job in an answer.</summary>
internal sealed record JobDto
{
    public required Guid Id { get; init; }

    public required string CameraId { get; init; }

    public string? Name { get; init; }

    /// <summary>The series that it is an occurrence of.</summary>
    public Guid? SeriesId { get; init; }

    public required Instant StartTime { get; init; }

    public required Instant EndTime { get; init; }

    /// <summary>pending, starting, recording, stopping, completed, failed, cancelled or missed.</summary>
    public required JobState State { get; init; }

    public required Instant StateSince { get; init; }

    public string? Detail { get; init; }
}

/// <summary>Body of <c>POST /api/v1/cameras/{id}/recording-jobs</c>: an end or a length.</summary>
internal sealed record JobWrite
{
    public string? Name { get; init; }

    /// <summary>RFC 3339; missing means now.</summary>
    public string? StartTime { get; init; }

    public string? EndTime { get; init; }

    /// <summary>1 to 2,678,400.</summary>
    public int? DurationSeconds { get; init; }
}

/// <summary>A recurring job in an answer.</summary>
internal sealed record SeriesDto
{
    public required Guid Id { get; init; }

    public required string CameraId { get; init; }

    public string? Name { get; init; }

    /// <summary>0 for Monday to 6 for Sunday.</summary>
    public required IReadOnlyList<int> Days { get; init; }

    public required string TimeStart { get; init; }

    public required string TimeEnd { get; init; }

    public string? FirstDate { get; init; }

    public string? LastDate { get; init; }

    public required string TimeZone { get; init; }
}

/// <summary>Body of <c>POST /api/v1/cameras/{id}/recording-series</c>, by the site's wall clock.</summary>
internal sealed record SeriesWrite
{
    public string? Name { get; init; }

    public IReadOnlyList<int>? Days { get; init; }

    public string? TimeStart { get; init; }

    /// <summary>Not after the start means the next day.</summary>
    public string? TimeEnd { get; init; }

    /// <summary>yyyy-MM-dd; missing means at once.</summary>
    public string? FirstDate { get; init; }

    /// <summary>Included; missing means for ever.</summary>
    public string? LastDate { get; init; }
}
