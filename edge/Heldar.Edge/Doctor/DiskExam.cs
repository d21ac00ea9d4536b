using System.Globalization;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Doctor;

/// <summary>Looks at the folders that are written to: there, writable, on a file system that keeps its word, with room.</summary>
/// <param name="mounts">The mount table.</param>
/// <param name="size">Room at a path.</param>
internal sealed class DiskExam(Mounts mounts, Func<string, FileSystemSize?> size)
{
    private const string Check = "disk";
    private const string Data = "data folder";
    private const long Gibibyte = 1L << 30;
    private static readonly string[] Forgetful = ["tmpfs", "ramfs", "devtmpfs"];
    private static readonly string[] Remote = ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "fuse", "fuse.sshfs", "virtiofs"];
    private static readonly string[] Weak = ["vfat", "exfat", "msdos", "ntfs", "ntfs3", "fuseblk", "overlay", "aufs"];

    public IEnumerable<Finding> Look(BoxSettings settings)
    {
        foreach (var finding in Folder(settings.DataFolder, Data, Gibibyte / 2)) yield return finding;
        foreach (var volume in settings.Recording.AllVolumes)
            foreach (var finding in Folder(volume.Path, Name(volume.Role), 10 * Gibibyte)) yield return finding;
        foreach (var same in settings.Recording.AllVolumes.GroupBy(v => mounts.Of(v.Path)?.Device, StringComparer.Ordinal).Where(g => g.Key is not null && g.Count() > 1))
        {
            var roles = same.Select(v => v.Role).Distinct().ToList();
            yield return Finding.Warning(
                Check, $"{string.Join(" and ", same.Select(v => v.Path))} lie on one device ({mounts.Of(same.First().Path)!.Source})",
                roles.Contains(VolumeRole.Mirror) && roles.Count > 1 ? "a mirror on the disk that it mirrors is lost with it" : "two volumes on one disk share its room and fail together",
                "mount a disk of its own at each, or name only one of them");
        }
    }

    private static string Name(VolumeRole role) => role switch
    {
        VolumeRole.Mirror => "mirror volume",
        VolumeRole.Staging => "staging volume",
        _ => "volume",
    };

    private IEnumerable<Finding> Folder(string path, string role, long wanted)
    {
        var name = $"{role} {path}";
        var known = path;
        while (!Directory.Exists(known) && Path.GetDirectoryName(known) is { } parent) known = parent;
        var mount = mounts.Of(known);
        if (known != path)
        {
            yield return role != Data
                ? Finding.Warning(Check, $"{name} is not there yet", $"it will be made on {mount?.Point ?? known}: when a disk should be mounted there, footage would land on the wrong one", $"mount the disk, or make the folder: install -d -o heldar -g heldar {path}")
                : Finding.Ok(Check, $"{name} is not there yet; it will be made");
        }

        if (mount is not null) foreach (var finding in Kind(name, mount, role)) yield return finding;
        yield return Write(name, known);
        if (size(known) is { } room) foreach (var finding in Room(name, room, wanted)) yield return finding;
    }

    private static IEnumerable<Finding> Kind(string name, Mount mount, string role)
    {
        if (mount.ReadOnly)
            yield return Finding.Failure(Check, $"{name} lies on {mount.Point}, which is read-only", "nothing can be written; a file system often becomes read-only after an error of its disk", $"look at dmesg and at the disk (smartctl -a {mount.Source}), then: mount -o remount,rw {mount.Point}");
        if (Forgetful.Contains(mount.Kind, StringComparer.Ordinal))
            yield return Finding.Failure(Check, $"{name} lies in memory ({mount.Kind} on {mount.Point})", "everything is lost when the machine stops", "choose a folder on a disk");
        else if (Remote.Contains(mount.Kind, StringComparer.Ordinal))
            yield return Finding.Warning(Check, $"{name} lies on a remote file system ({mount.Kind}, {mount.Source})", "an fsync there depends on network and server; the database may be damaged by lost locks", "use a local disk");
        else if (Weak.Contains(mount.Kind, StringComparer.Ordinal))
            yield return Finding.Warning(Check, $"{name} lies on {mount.Kind} ({mount.Source})", "it has no journal or belongs to a container: a power cut can take more than the last second", "use ext4, XFS or btrfs");
        else
            yield return Finding.Ok(Check, $"{name} lies on {mount.Kind} ({mount.Source} at {mount.Point})");
        if (role != Data && mount.Point == "/")
            yield return Finding.Warning(Check, $"{name} lies on the system's own disk", "footage fills it: logs and updates fail then", "mount a disk of its own for footage, or set retention.minFreeBytes");
    }

    private static Finding Write(string name, string folder)
    {
        var probe = Path.Combine(folder, $".heldar-doctor-{Guid.NewGuid():N}");
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            using (var file = new FileStream(probe, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose }))
            {
                file.Write(new byte[4096]);
                file.Flush(flushToDisk: true);
            }

            var took = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
            return took > 1000
                ? Finding.Warning(Check, $"an fsync in {folder} took {took.ToString("0", CultureInfo.InvariantCulture)} ms", "a disk this slow cannot keep the promise of losing 2 s at most", "look at the disk's health and at what else writes to it")
                : Finding.Ok(Check, $"{name} can be written and synced ({took.ToString("0.0", CultureInfo.InvariantCulture)} ms)");
        }
        catch (UnauthorizedAccessException)
        {
            return Finding.Failure(Check, $"{folder} cannot be written by this user ({Environment.UserName})", "recordings, keys and database are written by the user of the service", $"chown heldar:heldar {folder}, and run this as that user: runuser -u heldar -- heldar-edge doctor");
        }
        catch (IOException e)
        {
            return Finding.Failure(Check, $"{folder} cannot be written or synced: {e.Message}", "the file system refuses", "make room, or look at dmesg for errors of the disk");
        }
    }

    private static IEnumerable<Finding> Room(string name, FileSystemSize room, long wanted)
    {
        var free = $"{(room.FreeBytes / (double)Gibibyte).ToString("0.0", CultureInfo.InvariantCulture)} of {(room.TotalBytes / (double)Gibibyte).ToString("0.0", CultureInfo.InvariantCulture)} GiB free";
        if (room.FreeBytes < wanted / 20)
            yield return Finding.Failure(Check, $"{name}: {free}", "the disk is full", "delete what does not belong there, or set retention so that old footage goes");
        else if (room.FreeBytes < wanted)
            yield return Finding.Warning(Check, $"{name}: {free}", "little room is left", "use a larger disk, or set retention so that old footage goes");
        else
            yield return Finding.Ok(Check, $"{name}: {free}");
        if (room.Inodes > 0 && room.FreeInodes < Math.Max(10_000, room.Inodes / 100))
            yield return Finding.Failure(Check, $"{name}: {room.FreeInodes} of {room.Inodes} files can still be made", "no file can be made without an inode, whatever the free bytes", "delete what does not belong there, or make the file system anew with more inodes (mkfs.ext4 -T largefile has 1 for each MiB)");
    }
}
