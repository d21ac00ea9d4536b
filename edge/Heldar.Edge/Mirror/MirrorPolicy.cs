using Heldar.Edge.Settings;

namespace Heldar.Edge.Mirror;

/// <summary>Which cameras are to be mirrored now. Thread-safe.</summary>
/// <param name="settings">The box's rule.</param>
/// <param name="own">What a camera, by its slug, says itself; null for nothing.</param>
internal sealed class MirrorPolicy(BoxSettings settings, Func<string, bool?> own)
{
    /// <summary>There is a volume with the role.</summary>
    public bool IsOn { get; } = settings.Recording.HasMirror;

    /// <summary>By the settings alone, for a box that does not run.</summary>
    public static MirrorPolicy Of(BoxSettings settings) => new(settings, slug => settings.Cameras.FirstOrDefault(c => c.Id == slug)?.Mirror);

    public bool Wants(string slug) => settings.Recording.Mirrors(own(slug));
}
