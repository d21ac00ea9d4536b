using System.Collections.Immutable;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>How long and how much footage is kept. Immutable.</summary>
/// <param name="Age">Footage that ended longer ago is deleted; null keeps it until space is needed.</param>
/// <param name="QuotaBytes">Most bytes of one camera; null for no quota.</param>
/// <param name="MaxBytes">Most bytes of all cameras together; beyond it whoever is furthest over its fair share pays. Null for no cap.</param>
/// <param name="MinFreeBytes">Free space that every volume keeps; null for 5 GiB, but at most a tenth of the disk; 0 switches it off.</param>
internal sealed record RetentionPolicy(Duration? Age, long? QuotaBytes, long? MaxBytes, long? MinFreeBytes)
{
    private const long DefaultFloor = 5L << 30;

    /// <summary>Keep until the disk needs space.</summary>
    public static RetentionPolicy Default { get; } = new(null, null, null, null);

    /// <summary>
    /// Age and quota delete only what the archive has. Cap and floor take that first, and after it the rest with the reason <c>never_archived</c>: a full disk
    /// would end recording.
    /// </summary>
    public bool ArchiveFirst { get; init; }

    /// <summary>What single cameras have instead of the box's age and quota.</summary>
    public ImmutableDictionary<Guid, CameraRetention> Cameras { get; init; } = ImmutableDictionary<Guid, CameraRetention>.Empty;

    public Duration? AgeOf(Guid camera) => Cameras.GetValueOrDefault(camera)?.Age ?? Age;

    public long? QuotaOf(Guid camera) => Cameras.GetValueOrDefault(camera)?.QuotaBytes ?? QuotaBytes;

    /// <summary>The floor of a disk of that size. One that the disk cannot have is no floor: it would delete everything and never be reached.</summary>
    public long FloorOf(long diskBytes) => MinFreeBytes switch
    {
        null => Math.Min(DefaultFloor, diskBytes / 10),
        { } set => set >= diskBytes ? 0 : set,
    };
}

/// <summary>One camera's own limits; null for the box's.</summary>
internal sealed record CameraRetention(Duration? Age, long? QuotaBytes);
