using Heldar.Edge.RemoteAccess;
using Heldar.Edge.Settings;
using Heldar.Edge.Uplink;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>Numbers about the box as a whole. Thread-safe.</summary>
internal sealed class BoxGauges(BoxSettings settings, UplinkState uplink, TunnelState tunnel, IClock clock)
{
    /// <summary>When the process came up.</summary>
    public Instant StartedAt { get; } = clock.GetCurrentInstant();

    public bool TunnelConnected => tunnel.Connected;

    public int TunnelStreams => tunnel.Streams;

    /// <summary>Events and messages that wait in the outbox.</summary>
    public long OutboxBacklog => uplink.Backlog.Total;

    /// <summary>Free and total bytes of the disks that footage goes to, asked now; a disk that holds several volumes counts once.</summary>
    public (long Free, long Total) Disks()
    {
        var (free, total) = (0L, 0L);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var drives = DriveInfo.GetDrives();
        foreach (var volume in settings.Recording.Volumes)
        {
            try
            {
                var drive = drives.Where(d => IsOn(d.Name, volume)).MaxBy(d => d.Name.Length) ?? new DriveInfo(volume);
                if (!seen.Add(drive.Name)) continue;
                free += drive.AvailableFreeSpace;
                total += drive.TotalSize;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // A volume that is gone has no space; the recorder says so in the camera's condition.
            }
        }

        return (free, total);
    }

    /// <summary>Whether a path is a mount point or lies below it: what lies at <c>/mnt/ab</c> is not on <c>/mnt/a</c>.</summary>
    internal static bool IsOn(string mount, string path)
    {
        var point = mount.TrimEnd('/');
        return path.StartsWith(point, StringComparison.Ordinal) && (path.Length == point.Length || path[point.Length] == '/');
    }
}
