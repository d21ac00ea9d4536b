using System.Collections.Immutable;
using System.Globalization;
using Heldar.Contracts;

namespace Heldar.Edge.Settings;

/// <summary>Reads the section <c>retention</c>. Sizes are bytes, or a number with KiB, MiB, GiB or TiB (GB and so on are decimal).</summary>
internal static class RetentionReader
{
    private static readonly (string Unit, long Bytes)[] Units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];

    public static RetentionSettings Read(YamlSection root, IReadOnlyList<string> volumes)
    {
        if (root.Section("retention") is not { } section) return RetentionSettings.Default;
        var (hours, quota) = Limits(section);
        var max = Size(section, "maxBytes", 1);
        var floor = Size(section, "minFreeBytes", 0);
        foreach (var volume in floor > 0 ? volumes : [])
            if (DiskBytes(volume) is { } disk && floor >= disk) section.Fail("minFreeBytes", $"is not below the size of the disk of {volume}, {disk} bytes: everything would be deleted");
        if (quota > max) section.Fail("quotaBytes", "is more than maxBytes");
        var cameras = ImmutableArray.CreateBuilder<CameraRetentionSettings>();
        foreach (var camera in section.List("cameras"))
        {
            var id = camera.Required("id");
            if (id.Length > 0 && !Names.IsSlug(id)) camera.Fail("id", "must be 1 to 63 of a-z, 0-9 and inner hyphens");
            else if (cameras.Any(c => c.Id == id)) camera.Fail("id", "is named twice");
            var (ownHours, ownQuota) = Limits(camera);
            camera.RefuseUnknown();
            cameras.Add(new CameraRetentionSettings(id, ownHours, ownQuota));
        }

        var archiveFirst = section.Flag("archiveFirst", false);
        section.RefuseUnknown();
        return new RetentionSettings(hours, quota, max, floor, cameras.ToImmutable()) { ArchiveFirst = archiveFirst };
    }

    private static (int? Hours, long? Quota) Limits(YamlSection section) =>
        (section.Has("hours") ? section.Integer("hours", 1, 1, RetentionSettings.MaxHours) : null, Size(section, "quotaBytes", 1));

    private static long? Size(YamlSection section, string key, long least)
    {
        if (section.Text(key) is not { } text) return null;
        var number = text.Trim();
        var unit = 1L;
        foreach (var (name, bytes) in Units)
        {
            if (!number.EndsWith(name, StringComparison.Ordinal)) continue;
            (number, unit) = (number[..^name.Length].TrimEnd(), bytes);
            break;
        }

        if (decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= long.MaxValue / unit
            && (long)(value * unit) is var size && size >= least)
            return size;
        section.Fail(key, "must be a size such as 500GiB or a number of bytes");
        return null;
    }

    /// <summary>Size of the disk that a folder lies on or will lie on.</summary>
    private static long? DiskBytes(string folder)
    {
        try
        {
            var known = folder;
            while (!Directory.Exists(known) && Path.GetDirectoryName(known) is { } parent) known = parent;
            return new DriveInfo(known).TotalSize;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
