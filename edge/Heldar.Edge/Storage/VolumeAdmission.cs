using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>The answer to "may this folder be used".</summary>
/// <param name="Volume">The volume; null when it is refused.</param>
/// <param name="Fault">Why it is refused, as a kind.</param>
/// <param name="Cause">Why it is refused, or what people must know although it is used; with what to do. Null when all is well.</param>
internal sealed record Admitted(Volume? Volume, VolumeFault Fault, string? Cause);

/// <summary>
/// Decides whether the disk behind a path is the one that it must be, before anything is written to it: an empty mount point, a disk of another box, swapped
/// disks and a copy are refused; an older state of a disk is recorded on and told. Nothing that is there is overwritten.
/// </summary>
/// <param name="box">This box; a disk that names another one is refused.</param>
/// <param name="forgot">Whether the box lost what it knew of its volumes: then a folder without an identity may be an empty mount point. Null never.</param>
internal sealed class VolumeAdmission(Guid box, Func<bool>? forgot = null)
{
    /// <summary>Looks at a folder.</summary>
    /// <param name="wish">What the settings say.</param>
    /// <param name="known">What the box remembers of its volumes; null when it cannot tell now.</param>
    /// <param name="inUse">Volumes that are open already.</param>
    /// <param name="now">Dates a new identity.</param>
    public Admitted Look(VolumeSettings wish, IReadOnlyList<KnownVolume>? known, IReadOnlyCollection<Volume> inUse, Instant now)
    {
        try
        {
            if (wish.Mounted && !IsMounted(wish.Path))
                return Refused(VolumeFault.Away, $"no disk is mounted at {wish.Path}, and the settings want one there (mounted: true). Mount the disk");
            var role = Word(wish.Role);
            return Volume.ReadIdentity(wish.Path) is { } identity ? Named(wish.Path, role, identity, known ?? [], inUse, now) : Nameless(wish.Path, role, known, now);
        }
        catch (InvalidDataException e)
        {
            return Refused(VolumeFault.Other, $"{e.Message}. It is not touched; put the file back, or remove it when the disk may become a new volume");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refused(VolumeFaults.Of(e), $"{wish.Path} cannot be opened: {e.Message}");
        }
    }

    public static string Word(VolumeRole role) => role switch
    {
        VolumeRole.Mirror => "mirror",
        VolumeRole.Staging => "staging",
        _ => "primary",
    };

    /// <summary>Two disks with one id.</summary>
    public static string CopyOf(string path, Volume other) => $"the disk at {path} is a copy of the one at {other.Root}: both have the id {other.Id:D}. Remove one of them";

    private Admitted Named(string path, string role, VolumeIdentity identity, IReadOnlyList<KnownVolume> known, IReadOnlyCollection<Volume> inUse, Instant now)
    {
        if (inUse.FirstOrDefault(v => v.Id == identity.Id) is { } twin)
            return Refused(VolumeFault.Other, CopyOf(path, twin));
        if (identity.Box is { } owner && owner != box)
            return Refused(VolumeFault.Other, $"the disk at {path} belongs to another box ({owner:D}). Mount this box's own disk, or take it over with: heldar-edge volumes adopt {path}");
        var before = known.FirstOrDefault(k => k.Id == identity.Id);
        if (before is not null && before.Role != role && identity.Role != role)
            return Refused(VolumeFault.Other, $"the disk at {path} is this box's {before.Role} volume, and the settings make it {role}: are two disks swapped? Mount them as before, or change its role with: heldar-edge volumes adopt {path}");
        if (identity.Box is null) Volume.Write(path, identity with { Box = box });
        var volume = Volume.Open(path, now, box);
        return new(volume, VolumeFault.None, before?.Head is { } head ? Older(volume, head) : null);
    }

    private Admitted Nameless(string path, string role, IReadOnlyList<KnownVolume>? known, Instant now)
    {
        // The newest that was here: a path may have had several disks over the years.
        var before = known?.LastOrDefault(k => k.Path == path && k.Role == role);
        if (before is null && (known is null || forgot?.Invoke() == true))
            return Refused(
                VolumeFault.Away,
                $"there is no volume at {path}, and the box cannot tell whether one was there, since its database {(known is null ? "does not answer" : "was lost")}: the disk may not be mounted. Mount it, or begin a new volume there with: heldar-edge volumes adopt {path}");
        if (before is null) return new(Volume.Open(path, now, box), VolumeFault.None, null);
        if (before.Head is { } head && string.Equals(HashAt(path, head), head.Hash, StringComparison.Ordinal))
        {
            Volume.Write(path, new VolumeIdentity(1, before.Id, now, box));
            return new(Volume.Open(path, now, box), VolumeFault.None, $"volume.json was missing at {path}; its seal log proves that it is the same disk, and it got its identity back");
        }

        return Refused(
            VolumeFault.Away,
            $"the volume that was at {path} is not there: the folder is empty or another one, so its disk is not mounted. Nothing is recorded to what lies below. Mount the disk, or begin a new volume there with: heldar-edge volumes adopt {path}");
    }

    private static string? Older(Volume volume, SealHead head)
    {
        if (string.Equals(HashAt(volume.Root, head), head.Hash, StringComparison.Ordinal)) return null;
        return $"the disk at {volume.Root} is an older state of itself, such as a restored copy: its seal log does not hold record {head.Seq} of {head.Hour}, which was on it. It is recorded on; what was recorded since that copy is missing on it";
    }

    private static string? HashAt(string root, SealHead head) => SealReader.HashOf(root, head.Hour, head.Seq);

    private static bool IsMounted(string path)
    {
        var name = DriveInfo.GetDrives().Select(d => d.Name).Where(n => n == "/" || path == n || path.StartsWith(n.TrimEnd('/') + "/", StringComparison.Ordinal)).MaxBy(n => n.Length);
        return name is not null and not "/";
    }

    private static Admitted Refused(VolumeFault fault, string cause) => new(null, fault, cause);
}
