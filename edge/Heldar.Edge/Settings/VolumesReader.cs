using System.Collections.Immutable;

namespace Heldar.Edge.Settings;

/// <summary>Reads <c>recording.volumes</c>: where footage, its copy and what waits for the archive lie.</summary>
internal static class VolumesReader
{
    /// <summary>Most volumes of one box.</summary>
    public const int MaxVolumes = 64;

    public static ImmutableArray<VolumeSettings> Read(YamlSection section, SettingsScope scope)
    {
        var volumes = ImmutableArray.CreateBuilder<VolumeSettings>();
        var sections = section.List("volumes");
        if (sections.Count > MaxVolumes) section.Fail("volumes", $"a box takes at most {MaxVolumes} volumes");
        foreach (var volume in sections)
        {
            var path = volume.Required("path");
            var role = volume.Choice("role", "primary", "primary", "mirror", "staging") switch
            {
                "mirror" => VolumeRole.Mirror,
                "staging" => VolumeRole.Staging,
                _ => VolumeRole.Primary,
            };
            var mounted = volume.Flag("mounted", false);
            volume.RefuseUnknown();
            if (path.Length == 0) continue;
            var full = Path.TrimEndingDirectorySeparator(scope.FullPath(path));
            if (volumes.Any(v => v.Path == full)) volume.Fail("path", "is named twice");
            else if (volumes.FirstOrDefault(v => Contains(v.Path, full) || Contains(full, v.Path)) is { } other) volume.Fail("path", $"lies in or around {other.Path}: each volume needs a folder of its own");
            else if (role != VolumeRole.Primary && volumes.Any(v => v.Role == role)) volume.Fail("role", "only one volume can have it");
            else volumes.Add(new VolumeSettings(full, role, mounted));
        }

        if (volumes.Count == 0) volumes.Add(new VolumeSettings(scope.FullPath("recordings"), VolumeRole.Primary, false));
        if (!volumes.Any(v => v.Role == VolumeRole.Primary)) section.Fail("volumes", "one volume must be primary: footage needs a place");
        return volumes.ToImmutable();
    }

    private static bool Contains(string outer, string inner) => inner.StartsWith(Path.EndsInDirectorySeparator(outer) ? outer : outer + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
