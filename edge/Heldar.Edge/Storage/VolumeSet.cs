namespace Heldar.Edge.Storage;

/// <summary>The volumes of this box. Immutable.</summary>
internal sealed class VolumeSet(IReadOnlyList<Volume> volumes)
{
    public IReadOnlyList<Volume> All => volumes;

    /// <summary>A volume by its identity; null when it is not mounted.</summary>
    public Volume? Find(Guid id)
    {
        foreach (var volume in volumes)
            if (volume.Id == id) return volume;
        return null;
    }
}
