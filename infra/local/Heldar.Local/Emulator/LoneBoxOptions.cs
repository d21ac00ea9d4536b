using Heldar.Local.Cameras;

namespace Heldar.Local.Emulator;

/// <summary>How a lone box runs.</summary>
/// <param name="Folder">Its configuration, data and recordings.</param>
/// <param name="SegmentSeconds">Length of a segment in seconds, 2 to 300.</param>
internal sealed record LoneBoxOptions(string Folder, int SegmentSeconds)
{
    /// <summary>The simulator's cameras that it records; null for all.</summary>
    public IReadOnlyList<CameraSpec>? Cameras { get; init; }

    /// <summary>Its log; in the folder by default.</summary>
    public string LogFile { get; init; } = Path.Combine(Folder, "box.log");

    /// <summary>More lines of <c>heldar.yaml</c>.</summary>
    public string Extra { get; init; } = "";

    /// <summary>Variables added to its environment.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();
}
