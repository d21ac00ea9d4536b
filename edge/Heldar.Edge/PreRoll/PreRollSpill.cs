using Heldar.Edge.Storage;
using Microsoft.Win32.SafeHandles;

namespace Heldar.Edge.PreRoll;

/// <summary>
/// The spill file of one ring: slots of one chunk, used again and again, so that it is never larger than what lay in it at once. It loses its name as soon as it is
/// open, and its space when nothing lies in it any more. Thread-safe.
/// </summary>
internal sealed class PreRollSpill(VolumeSet volumes, int maxSlots) : IDisposable
{
    /// <summary>A volume with less free space than this is not spilled to: footage needs it more.</summary>
    private const long LeastFree = 256L << 20;

    /// <summary>New slots until free space is looked at again.</summary>
    private const int SlotsPerLook = 64;
    private const string Prefix = "preroll-";
    private const string Suffix = ".spill";

    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private SafeFileHandle? _file;
    private int _slots;
    private int _used;

    /// <summary>Bytes that lie in the file.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return (long)_used * PreRollMemory.ChunkBytes;
        }
    }

    /// <summary>Removes what a kill between making a file and taking its name left behind.</summary>
    public static void CleanUp(VolumeSet volumes)
    {
        foreach (var volume in volumes.All)
            foreach (var file in Directory.EnumerateFiles(volume.Root, Prefix + "*" + Suffix))
                File.Delete(file);
    }

    /// <summary>Writes a chunk; the slot it lies in, or below 0 when the file is as large as it may become.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    /// <exception cref="UnauthorizedAccessException">The volume takes no files.</exception>
    public int Write(ReadOnlySpan<byte> chunk)
    {
        int slot;
        SafeFileHandle file;
        lock (_gate)
        {
            file = _file ??= Open();
            if (!_free.TryPop(out slot))
            {
                if (_slots >= maxSlots) return -1;
                if (_slots % SlotsPerLook == SlotsPerLook - 1) Place();
                slot = _slots++;
            }

            _used++;
        }

        try
        {
            RandomAccess.Write(file, chunk, (long)slot * PreRollMemory.ChunkBytes);
            return slot;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Free(slot);
            throw;
        }
    }

    /// <summary>Reads from a slot that is in use.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Read(int slot, int offset, Span<byte> target)
    {
        SafeFileHandle file;
        lock (_gate) file = _file ?? throw new IOException("the spill file is closed");
        if (RandomAccess.Read(file, target, ((long)slot * PreRollMemory.ChunkBytes) + offset) != target.Length) throw new IOException("the spill file is shorter than what was written");
    }

    public void Free(int slot)
    {
        lock (_gate)
        {
            _free.Push(slot);
            if (--_used > 0) return;
            _file?.Dispose();
            _file = null;
            _slots = 0;
            _free.Clear();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private SafeFileHandle Open()
    {
        var path = Path.Combine(Place().Root, $"{Prefix}{Guid.NewGuid():N}{Suffix}");
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete);
        File.Delete(path);
        return file;
    }

    private Volume Place()
    {
        if (volumes.All is { Count: 0 }) throw new IOException("there is no volume to spill to");
        var (volume, free) = volumes.All.Select(v => (Volume: v, v.Space().Free)).MaxBy(v => v.Free);
        return free >= LeastFree ? volume : throw new IOException("there is too little free space to spill to");
    }
}
