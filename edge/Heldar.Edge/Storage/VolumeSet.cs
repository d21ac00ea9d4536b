namespace Heldar.Edge.Storage;

/// <summary>The volumes of this box that are there. Thread-safe; what <see cref="All"/> answers never changes afterwards.</summary>
internal sealed class VolumeSet(IReadOnlyList<Volume> volumes)
{
    private readonly Lock _lock = new();
    private volatile IReadOnlyList<Volume> _all = volumes;
    private volatile Volume? _mirror;

    /// <summary>Those that footage is recorded to.</summary>
    public IReadOnlyList<Volume> All => _all;

    /// <summary>The one that holds copies, under the same paths; null without one.</summary>
    public Volume? Mirror
    {
        get => _mirror;
        set => _mirror = value;
    }

    /// <summary>A volume by its identity; null when it is not mounted.</summary>
    public Volume? Find(Guid id)
    {
        foreach (var volume in _all)
            if (volume.Id == id) return volume;
        return null;
    }

    /// <summary>The volume that a path lies on, the mirror included; null for none that is there.</summary>
    public Volume? Holding(string full)
    {
        bool Holds(Volume volume) => full.StartsWith(volume.Root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return _all.FirstOrDefault(Holds) ?? (_mirror is { } mirror && Holds(mirror) ? mirror : null);
    }

    /// <summary>A disk came.</summary>
    public void Add(Volume volume)
    {
        lock (_lock) _all = [.. _all, volume];
    }

    /// <summary>A disk went.</summary>
    public void Remove(Volume volume)
    {
        lock (_lock) _all = [.. _all.Where(v => v != volume)];
    }
}
