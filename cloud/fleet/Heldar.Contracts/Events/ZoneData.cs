using System.Text.Json.Serialization;
using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>What a tracked thing did at a zone.</summary>
public enum ZoneEvent
{
    [JsonStringEnumMemberName("enter")]
    Enter = 0,

    [JsonStringEnumMemberName("exit")]
    Exit = 1,

    /// <summary>It stayed as long as the zone asks; once per visit.</summary>
    [JsonStringEnumMemberName("dwell")]
    Dwell = 2,

    /// <summary>It crossed the line from its A side.</summary>
    [JsonStringEnumMemberName("cross_ab")]
    CrossAb = 3,

    /// <summary>It crossed the line from its B side.</summary>
    [JsonStringEnumMemberName("cross_ba")]
    CrossBa = 4,

    /// <summary>It has not moved for long: nothing more is said of it until it does.</summary>
    [JsonStringEnumMemberName("static_suppressed")]
    StaticSuppressed = 5,
}

/// <summary>How much an event matters to people.</summary>
public enum Severity
{
    Info = 0,
    Warning = 1,
    Critical = 2,
}

/// <summary>Data of <c>heldar.zone.v1</c>: a tracked thing entered, left, stayed in or crossed a zone of a camera.</summary>
public sealed record ZoneData
{
    public required Guid Camera { get; init; }

    /// <summary>The zone's id on its box, 1 to 64 characters.</summary>
    public required string Zone { get; init; }

    /// <summary>What people call the zone, 1 to 128 characters.</summary>
    public required string Name { get; init; }

    public required ZoneEvent Event { get; init; }

    /// <summary>Capture time of the frame that decided it.</summary>
    public required Instant Timestamp { get; init; }

    /// <summary>1 to 64 characters.</summary>
    public required string TrackId { get; init; }

    /// <summary>What it is, 1 to 64 characters.</summary>
    public required string Label { get; init; }

    /// <summary>0 to 1.</summary>
    public required double Confidence { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>How long it has been inside, in milliseconds; with <see cref="ZoneEvent.Dwell"/> and <see cref="ZoneEvent.Exit"/> only.</summary>
    public long? DwellMs { get; init; }

    /// <summary>The still that shows it: see <see cref="SnapshotTakenData.Snapshot"/>.</summary>
    public Guid? Snapshot { get; init; }

    /// <summary>Why the data makes no sense, or null.</summary>
    public string? Mistake()
    {
        if (!EventRules.IsText(Zone, 64) || !EventRules.IsText(Name, 128)) return "zone or name is out of range";
        if (!EventRules.IsText(TrackId, 64) || !EventRules.IsText(Label, 64)) return "trackId or label is out of range";
        if (!EventRules.IsTime(Timestamp)) return "timestamp is out of range";
        if (Confidence is not (>= 0 and <= 1)) return "confidence is 0 to 1";
        if (DwellMs is < 0) return "dwellMs is not negative";
        return DwellMs is not null && Event is not (ZoneEvent.Dwell or ZoneEvent.Exit) ? "dwellMs goes with dwell and exit" : null;
    }
}
