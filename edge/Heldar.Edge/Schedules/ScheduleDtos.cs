namespace Heldar.Edge.Schedules;

/// <summary>A weekly window in an answer, by the site's wall clock.</summary>
internal sealed record ScheduleDto
{
    public required Guid Id { get; init; }

    public required string CameraId { get; init; }

    public string? Name { get; init; }

    /// <summary>0 for Monday to 6 for Sunday: the days that it begins on.</summary>
    public required IReadOnlyList<int> Days { get; init; }

    /// <summary>HH:MM.</summary>
    public required string TimeStart { get; init; }

    /// <summary>HH:MM; not after the start means the next day.</summary>
    public required string TimeEnd { get; init; }

    public required bool Enabled { get; init; }

    /// <summary>IANA zone of the site.</summary>
    public required string TimeZone { get; init; }
}

/// <summary>Body of POST and PATCH of a schedule. In a PATCH what is missing stays.</summary>
internal sealed record ScheduleWrite
{
    public string? Name { get; init; }

    public IReadOnlyList<int>? Days { get; init; }

    public string? TimeStart { get; init; }

    public string? TimeEnd { get; init; }

    public bool? Enabled { get; init; }

    /// <summary>Must be the site's zone when it is given: a box has one.</summary>
    public string? TimeZone { get; init; }
}

/// <summary>A window of an exception.</summary>
internal sealed record WindowDto(string? TimeStart, string? TimeEnd);

/// <summary>Dates with windows of their own, in an answer.</summary>
internal sealed record ExceptionDto
{
    public required Guid Id { get; init; }

    /// <summary>Absent for all cameras.</summary>
    public string? CameraId { get; init; }

    public string? Name { get; init; }

    public required string FromDate { get; init; }

    public required string ToDate { get; init; }

    /// <summary>Empty for no recording.</summary>
    public required IReadOnlyList<WindowDto> Windows { get; init; }
}

/// <summary>Body of <c>POST /api/v1/schedule-exceptions</c>.</summary>
internal sealed record ExceptionWrite
{
    /// <summary>Missing means all cameras.</summary>
    public string? CameraId { get; init; }

    public string? Name { get; init; }

    /// <summary>yyyy-MM-dd.</summary>
    public string? FromDate { get; init; }

    /// <summary>Last date, included; missing means one day.</summary>
    public string? ToDate { get; init; }

    /// <summary>Windows that begin on these dates instead of the week's; missing or empty for no recording.</summary>
    public IReadOnlyList<WindowDto>? Windows { get; init; }
}
