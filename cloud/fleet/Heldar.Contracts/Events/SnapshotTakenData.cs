using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>Why a still was taken.</summary>
public enum SnapshotReason
{
    /// <summary>Somebody asked for it.</summary>
    Request = 0,

    /// <summary>A schedule did.</summary>
    Schedule = 1,

    /// <summary>A zone's event or a detection did.</summary>
    Event = 2,
}

/// <summary>Data of <c>heldar.snapshot.taken.v1</c>: a still of a camera was stored on its box. The picture stays there.</summary>
public sealed record SnapshotTakenData
{
    /// <summary>Largest still in bytes.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    /// <summary>UUIDv7 made when it was taken.</summary>
    public required Guid Snapshot { get; init; }

    public required Guid Camera { get; init; }

    /// <summary>Time of the picture: of the recorded frame, not of the request.</summary>
    public required Instant TakenAt { get; init; }

    /// <summary>Size of the JPEG file, 1 to <see cref="MaxBytes"/>.</summary>
    public required int Bytes { get; init; }

    /// <summary>Pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels.</summary>
    public required int Height { get; init; }

    /// <summary>SHA-256 of the file, 64 lower-case hex digits.</summary>
    public required string Sha256 { get; init; }

    public required SnapshotReason Reason { get; init; }

    /// <summary>Why the data makes no sense, or null.</summary>
    public string? Mistake()
    {
        if (Snapshot.Version != 7) return "snapshot is not a UUIDv7";
        if (!EventRules.IsTime(TakenAt)) return "takenAt is out of range";
        if (Bytes is < 1 or > MaxBytes) return $"bytes is 1 to {MaxBytes}";
        if (Width is < 1 or > 65_535 || Height is < 1 or > 65_535) return "width and height are 1 to 65535";
        return EventRules.IsSha256(Sha256) ? null : "sha256 is not 64 lower-case hex digits";
    }
}
