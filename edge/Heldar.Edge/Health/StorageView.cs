using Heldar.Edge.Settings;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Health;

/// <summary>One volume in an answer.</summary>
internal sealed record VolumeDto
{
    public required string Path { get; init; }

    /// <summary>primary, mirror or staging.</summary>
    public required string Role { get; init; }

    /// <summary>Absent while no disk of this box is there.</summary>
    public Guid? Id { get; init; }

    /// <summary>ok, disk_full, read_only, io_error, not_mounted, linked, hangs or error.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not used and what to do, or what to know although it is.</summary>
    public string? Cause { get; init; }

    public required long DiskTotalBytes { get; init; }

    public required long DiskFreeBytes { get; init; }

    public required long SegmentCount { get; init; }

    public required long RecordingsBytes { get; init; }

    public required long HeldBytes { get; init; }

    public double? WriteBytesPerSecond { get; init; }

    /// <summary>Until the free space reaches the floor.</summary>
    public double? ProjectedHours { get; init; }

    /// <summary>Days of footage that fit in the end.</summary>
    public double? ProjectedDays { get; init; }

    /// <summary>Until only held footage is left.</summary>
    public double? HeldHours { get; init; }
}

/// <summary>Numbers of the footage's disks; the projections are those of the volumes together.</summary>
internal sealed record StorageDto(long DiskTotalBytes, long DiskFreeBytes, double DiskUsedPercent)
{
    public required long SegmentCount { get; init; }

    public required long RecordingsBytes { get; init; }

    public required long HeldBytes { get; init; }

    public double? WriteBytesPerSecond { get; init; }

    public double? ProjectedHours { get; init; }

    public double? ProjectedDays { get; init; }

    public required IReadOnlyList<VolumeDto> Volumes { get; init; }

    public static StorageDto Of(long free, long total, IReadOnlyList<VolumeOutlook> outlook)
    {
        var primaries = outlook.Where(v => v.Volume.Role == VolumeRole.Primary).ToList();
        var rate = primaries.Any(v => v.Volume.BytesPerSecond is not null) ? primaries.Sum(v => v.Volume.BytesPerSecond ?? 0) : (double?)null;
        return new(total, free, total == 0 ? 0 : Math.Round(100.0 * (total - free) / total, 1))
        {
            SegmentCount = primaries.Sum(v => v.Footprint.Segments),
            RecordingsBytes = primaries.Sum(v => v.Footprint.Bytes),
            HeldBytes = primaries.Sum(v => v.Footprint.HeldBytes),
            WriteBytesPerSecond = Rounded(rate),
            // Each volume's room lasts as long as all of them are written to together.
            ProjectedHours = rate > 0 ? Rounded(primaries.Sum(v => (v.HoursToFloor ?? 0) * (v.Volume.BytesPerSecond ?? 0)) / rate) : null,
            ProjectedDays = rate > 0 ? Rounded(primaries.Sum(v => (v.DaysThatFit ?? 0) * (v.Volume.BytesPerSecond ?? 0)) / rate) : null,
            Volumes = [.. outlook.Select(One)],
        };
    }

    private static VolumeDto One(VolumeOutlook v) => new()
    {
        Path = v.Volume.Path,
        Role = VolumeAdmission.Word(v.Volume.Role),
        Id = v.Volume.Id,
        State = v.Volume.Fault.Word(),
        Cause = v.Volume.Cause,
        DiskTotalBytes = v.Volume.Total,
        DiskFreeBytes = v.Volume.Free,
        SegmentCount = v.Footprint.Segments,
        RecordingsBytes = v.Footprint.Bytes,
        HeldBytes = v.Footprint.HeldBytes,
        WriteBytesPerSecond = Rounded(v.Volume.BytesPerSecond),
        ProjectedHours = Rounded(v.HoursToFloor),
        ProjectedDays = Rounded(v.DaysThatFit),
        HeldHours = Rounded(v.HoursToHeld),
    };

    private static double? Rounded(double? value) => value is { } known ? Math.Round(known, 1) : null;
}
