namespace Heldar.Edge.Cameras;

/// <summary>What brings the present cameras to the desired ones.</summary>
/// <param name="Added">New, or back after a removal.</param>
/// <param name="Changed">Known, but wanted otherwise.</param>
/// <param name="Removed">No longer wanted.</param>
internal sealed record CameraDiff(IReadOnlyList<CameraConfig> Added, IReadOnlyList<CameraConfig> Changed, IReadOnlyList<CameraConfig> Removed)
{
    public bool IsEmpty => Added.Count + Changed.Count + Removed.Count == 0;

    /// <summary>Compares by uid.</summary>
    public static CameraDiff Between(IReadOnlyCollection<CameraConfig> present, IReadOnlyCollection<CameraConfig> desired)
    {
        var before = present.ToDictionary(c => c.Uid);
        var after = desired.Select(c => c.Uid).ToHashSet();
        return new CameraDiff(
            [.. desired.Where(c => !before.ContainsKey(c.Uid))],
            [.. desired.Where(c => before.TryGetValue(c.Uid, out var was) && was != c)],
            [.. present.Where(c => !after.Contains(c.Uid))]);
    }
}
