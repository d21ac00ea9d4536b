using System.Buffers.Binary;
using System.Security.Cryptography;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>The writers of all volumes that footage is recorded to. Thread-safe; what <see cref="All"/> answers never changes afterwards.</summary>
internal sealed class VolumeWriters(IReadOnlyList<VolumeWriter> writers) : IAsyncDisposable
{
    /// <summary>A volume with less room takes a segment only when no other can.</summary>
    private const long Scarce = 64L << 20;
    private readonly Lock _lock = new();
    private volatile IReadOnlyList<VolumeWriter> _all = writers;
    private volatile VolumeWriter? _mirror;

    public IReadOnlyList<VolumeWriter> All => _all;

    /// <summary>The writer of copies; null while there is none.</summary>
    public VolumeWriter? Mirror
    {
        get => _mirror;
        set => _mirror = value;
    }

    /// <summary>The working volume with the most free space; a volume that fails or does not answer only when none works; null when there is none.</summary>
    public VolumeWriter? Pick() => _all.MaxBy(w => (Rank(w), w.FreeBytes));

    /// <summary>
    /// Where a camera's next segment goes: each hour of it has one volume among those that work, drawn by their sizes, so that disks fill evenly and one that fails
    /// or comes back moves only what is its own. Null when there is none.
    /// </summary>
    public VolumeWriter? PickFor(Guid camera, Instant time) => ChoicesFor(camera, time).FirstOrDefault();

    /// <summary>The same, with those behind it that work as well: where a segment may go that the first one does not take. Empty when there is none.</summary>
    public IEnumerable<VolumeWriter> ChoicesFor(Guid camera, Instant time)
    {
        var all = _all;
        if (all.Count < 2) return all;
        List<(VolumeWriter Writer, int Rank)> ranked = [.. all.Select(w => (w, Rank(w)))];
        var best = ranked.Max(r => r.Rank);
        return ranked.Where(r => r.Rank == best || r.Rank > 0).OrderByDescending(r => r.Rank).ThenByDescending(r => Draw(r.Writer, camera, time)).Select(r => r.Writer);
    }

    /// <summary>Whether a running segment would better end, since its disk does not answer and another one works.</summary>
    public bool IsLeft(VolumeWriter writer) => writer.Fault == VolumeFault.Silent && _all.Any(w => Rank(w) > 0);

    /// <summary>A volume is ready.</summary>
    public void Add(VolumeWriter writer)
    {
        lock (_lock) _all = [.. _all, writer];
    }

    /// <summary>A volume gets nothing more.</summary>
    public void Remove(VolumeWriter writer)
    {
        lock (_lock) _all = [.. _all.Where(w => w != writer)];
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_all.Select(w => w.DisposeAsync().AsTask()));

    private static int Rank(VolumeWriter writer) => writer.Fault != VolumeFault.None ? 0 : writer.FreeBytes < Scarce ? 1 : 2;

    /// <summary>Weighted rendezvous: the largest of −size ∕ ln(hash) wins, for each volume by itself.</summary>
    private static double Draw(VolumeWriter writer, Guid camera, Instant time)
    {
        Span<byte> key = stackalloc byte[40];
        writer.Volume.Id.TryWriteBytes(key);
        camera.TryWriteBytes(key[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(key[32..], time.ToUnixTimeSeconds() / 3600);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(key, hash);
        var part = (BinaryPrimitives.ReadUInt64LittleEndian(hash) + 1.0) / (ulong.MaxValue + 2.0);
        return -Math.Max(1, writer.TotalBytes) / Math.Log(part);
    }
}
