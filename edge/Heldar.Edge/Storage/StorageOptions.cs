using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>How volumes are written. Immutable.</summary>
internal sealed record StorageOptions
{
    /// <summary>
    /// Media that may wait for one volume. Default 256 MiB, 1 MiB to 4 GiB. More rides out a longer stall of the disk and costs that much memory;
    /// beyond it recorders drop to their next keyframe.
    /// </summary>
    public long MaxQueuedBytes { get; init; } = 256L << 20;

    /// <summary>Time between two syncs of the file system. Default 1 s, 0.1 to 2 s. It bounds what a power cut takes.</summary>
    public Duration SyncInterval { get; init; } = Duration.FromSeconds(1);

    /// <summary>Every mistake, each naming its setting; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (MaxQueuedBytes is < 1 << 20 or > 4L << 30) errors.Add($"MaxQueuedBytes must be 1 MiB to 4 GiB; it is {MaxQueuedBytes}.");
        if (SyncInterval < Duration.FromMilliseconds(100) || SyncInterval > Duration.FromSeconds(2))
            errors.Add($"SyncInterval must be 0.1 to 2 s; it is {SyncInterval.TotalSeconds} s.");
        return errors;
    }
}
