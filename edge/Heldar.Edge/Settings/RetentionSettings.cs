using System.Collections.Immutable;

namespace Heldar.Edge.Settings;

/// <summary>How long and how much footage is kept.</summary>
/// <param name="Hours">Footage that ended longer ago is deleted, 1 to 43,800; null keeps it until space is needed.</param>
/// <param name="QuotaBytes">Most bytes of one camera; null for none.</param>
/// <param name="MaxBytes">Most bytes of all footage; null for none.</param>
/// <param name="MinFreeBytes">Free space that every volume keeps; null for 5 GiB but at most a tenth of the disk, 0 for none.</param>
/// <param name="Cameras">Limits of single cameras.</param>
internal sealed record RetentionSettings(int? Hours, long? QuotaBytes, long? MaxBytes, long? MinFreeBytes, ImmutableArray<CameraRetentionSettings> Cameras)
{
    public const int MaxHours = 43_800;

    /// <summary>Least quota that the API sets for one camera: less than a few segments would delete footage as it is recorded.</summary>
    public const long MinCameraQuotaBytes = 64L << 20;

    /// <summary>Age and quota delete only what the archive has. Default false.</summary>
    public bool ArchiveFirst { get; init; }

    public static RetentionSettings Default { get; } = new(null, null, null, null, []);
}

/// <summary>Limits of one camera instead of the box's.</summary>
internal sealed record CameraRetentionSettings(string Id, int? Hours, long? QuotaBytes);
