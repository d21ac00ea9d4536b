namespace Heldar.Edge.Storage;

/// <summary>The writers of all volumes. Thread-safe.</summary>
internal sealed class VolumeWriters(IReadOnlyList<VolumeWriter> writers) : IAsyncDisposable
{
    public IReadOnlyList<VolumeWriter> All => writers;

    /// <summary>The working volume with the most free space; a volume that fails only when none works.</summary>
    public VolumeWriter Pick()
    {
        VolumeWriter? best = null;
        foreach (var writer in writers)
            if (best is null || Rank(writer) > Rank(best)) best = writer;
        return best ?? throw new InvalidOperationException("there is no volume");
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(writers.Select(w => w.DisposeAsync().AsTask()));

    private static long Rank(VolumeWriter writer) => writer.Failure is null ? writer.FreeBytes : -1;
}
