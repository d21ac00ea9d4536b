using Heldar.Edge.Settings;

namespace Heldar.Edge.Mirror;

/// <summary>Which cameras the settings want mirrored. Immutable.</summary>
internal sealed class MirrorPolicy(BoxSettings settings)
{
    /// <summary>There is a volume with the role.</summary>
    public bool IsOn { get; } = settings.Recording.AllVolumes.Any(v => v.Role == VolumeRole.Mirror);

    public bool Wants(string slug)
    {
        if (!IsOn) return false;
        foreach (var camera in settings.Cameras)
            if (camera.Id == slug && camera.Mirror is { } own) return own;
        return settings.Recording.Mirror;
    }
}
