using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>
/// The disks of this machine, and the SMART answers that a job of root leaves for the box, which may open no disk: one file per disk with what <c>smartctl -H -j</c> said, replaced by
/// renaming. Takes hostile files: what is too large, too old or not to be read is unknown.
/// </summary>
internal static class SmartFiles
{
    /// <summary>Where the installed job leaves them.</summary>
    public const string Folder = "/run/heldar/smart";

    /// <summary>The job asks every 10 minutes: an older answer says that it does not run.</summary>
    public static readonly Duration OldestAnswer = Duration.FromHours(1);

    private const int MaxBytes = 256 * 1024;
    private const int MaxDisks = 64;

    /// <summary>Names of the disks that may know SMART, such as <c>sda</c> and <c>nvme0n1</c>.</summary>
    public static IReadOnlyList<string> Disks(string block = "/sys/block") =>
        Directory.Exists(block) ? [.. Directory.EnumerateFileSystemEntries(block).Select(Path.GetFileName).OfType<string>().Where(IsDisk).Order(StringComparer.Ordinal).Take(MaxDisks)] : [];

    /// <summary>What was left about a disk; null when nothing was.</summary>
    /// <param name="folder">Where to look, such as <see cref="Folder"/>.</param>
    /// <param name="disk">Its name.</param>
    /// <param name="now">The box's clock.</param>
    public static DiskReport? Read(string folder, string disk, Instant now)
    {
        var path = Path.Combine(folder, disk + ".json");
        try
        {
            if (!File.Exists(path)) return null;
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            if (file.Length > MaxBytes) return new DiskReport(disk, null, "the answer of smartctl is too long");
            // In both directions: a clock that was set says nothing about the age.
            var age = now - Instant.FromDateTimeUtc(File.GetLastWriteTimeUtc(file.SafeFileHandle));
            if (age > OldestAnswer || age < -OldestAnswer) return new DiskReport(disk, null, "its last answer is older than an hour: does heldar-smart.timer run?");
            var content = new byte[file.Length];
            var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return DiskReports.Smart(disk, System.Text.Encoding.UTF8.GetString(content, 0, length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DiskReport(disk, null, e.Message);
        }
    }

    private static bool IsDisk(string name) => name.StartsWith("sd", StringComparison.Ordinal) || name.StartsWith("nvme", StringComparison.Ordinal);
}
