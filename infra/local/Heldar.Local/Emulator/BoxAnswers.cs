using System.Text.Json.Serialization;

namespace Heldar.Local.Emulator;

/// <summary>A segment as the box's API tells it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Open">Still being recorded.</param>
/// <param name="Sha256">Of the whole file; null while it is open.</param>
/// <param name="StartTime">Its begin.</param>
/// <param name="EndTime">Its end.</param>
/// <param name="EvidenceLocked">A hold covers it.</param>
internal sealed record BoxSegment(Guid Id, bool Open, string? Sha256, DateTimeOffset StartTime, DateTimeOffset EndTime, bool EvidenceLocked)
{
    /// <summary><c>camera</c> when it was taken back from the camera's own storage.</summary>
    public string? Provenance { get; init; }
}

/// <summary>A gap as the box's API tells it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end; null while it lasts.</param>
/// <param name="Cause">Why nothing was recorded.</param>
internal sealed record BoxGap(Guid Id, [property: JsonPropertyName("gap_start")] DateTimeOffset From, [property: JsonPropertyName("gap_end")] DateTimeOffset? To, string Cause)
{
    /// <summary>How far it is refilled from the camera's own storage: <c>pending</c>, <c>partial</c>, <c>filled</c>, <c>failed</c>; null when nobody tried.</summary>
    public string? FillState { get; init; }

    /// <summary>When that is tried again; null when it is not.</summary>
    public DateTimeOffset? NextFillAt { get; init; }

    /// <summary>Seconds that came back.</summary>
    public double? FilledSeconds { get; init; }
}

/// <summary>A hold as the box's API tells it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CameraId">Slug of its camera.</param>
/// <param name="From">Begin of what it covers.</param>
/// <param name="To">End of what it covers.</param>
internal sealed record BoxHold(Guid Id, string CameraId, DateTimeOffset From, DateTimeOffset To);
