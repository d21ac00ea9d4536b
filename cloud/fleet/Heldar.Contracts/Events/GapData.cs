using System.Text.Json.Serialization;
using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>Why wanted footage is missing. The JSON words stand in seal logs, too, and never change.</summary>
public enum GapCause
{
    /// <summary>The camera does not answer.</summary>
    [JsonStringEnumMemberName("camera_unreachable")]
    CameraUnreachable = 0,

    /// <summary>The camera refuses name or password.</summary>
    [JsonStringEnumMemberName("auth_failed")]
    AuthFailed = 1,

    /// <summary>The connection broke or lost packets.</summary>
    [JsonStringEnumMemberName("network")]
    Network = 2,

    /// <summary>The camera is connected and sends no media.</summary>
    [JsonStringEnumMemberName("stalled")]
    Stalled = 3,

    /// <summary>No volume had space.</summary>
    [JsonStringEnumMemberName("disk_full")]
    DiskFull = 4,

    /// <summary>No volume had space that held evidence does not take.</summary>
    [JsonStringEnumMemberName("disk_full_held")]
    DiskFullHeld = 5,

    /// <summary>A volume failed or was too slow.</summary>
    [JsonStringEnumMemberName("disk_error")]
    DiskError = 6,

    /// <summary>The box's program, or the box, was not running.</summary>
    [JsonStringEnumMemberName("process_down")]
    ProcessDown = 7,

    /// <summary>Somebody switched camera or recording off while it was wanted.</summary>
    [JsonStringEnumMemberName("operator")]
    Operator = 8,

    /// <summary>The box's clock was moved: the time in between never happened on it.</summary>
    [JsonStringEnumMemberName("clock_step")]
    ClockStep = 9,
}

/// <summary>
/// Data of <c>heldar.gap.v1</c>: footage of [Start, End) was wanted and is not there. Sent when it opens, and again with a higher revision when it ends, when its
/// cause becomes known, or when it is refilled; the highest revision wins. The event's id is <see cref="EventIds.ForGap"/>.
/// </summary>
public sealed record GapData
{
    /// <summary>UUIDv7 made when the gap opened.</summary>
    public required Guid Gap { get; init; }

    public required Guid Camera { get; init; }

    /// <summary>From 1.</summary>
    public required int Revision { get; init; }

    /// <summary>End of the last footage before it.</summary>
    public required Instant Start { get; init; }

    /// <summary>Start of the first footage after it; absent while it lasts; equal to <see cref="Start"/> when it was refilled whole. Of a gap that was refilled in part, start and end enclose what is still missing.</summary>
    public Instant? End { get; init; }

    public required GapCause Cause { get; init; }

    /// <summary>For people, at most 500 characters; never holds credentials.</summary>
    public string? Detail { get; init; }

    /// <summary>Why the data makes no sense, or null.</summary>
    public string? Mistake()
    {
        if (Gap.Version != 7) return "gap is not a UUIDv7";
        if (Revision < 1) return "revision counts from 1";
        if (!EventRules.IsTime(Start) || !EventRules.IsTime(End)) return "start or end is out of range";
        if (End < Start) return "end is before start";
        return EventRules.IsTextOrNull(Detail, 500) ? null : "detail is longer than 500 characters or holds control characters";
    }
}
