using System.Collections.Immutable;
using Heldar.Contracts;

namespace Heldar.Edge.Settings;

/// <summary>Reads the section <c>retention</c>.</summary>
internal static class RetentionReader
{
    public static RetentionSettings Read(YamlSection root, IReadOnlyList<string> volumes)
    {
        if (root.Section("retention") is not { } section) return RetentionSettings.Default;
        var (hours, quota) = Limits(section);
        var max = section.Size("maxBytes", 1);
        var floor = section.Size("minFreeBytes", 0);
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
        (section.Has("hours") ? section.Integer("hours", 1, 1, RetentionSettings.MaxHours) : null, section.Size("quotaBytes", 1));

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
