using System.Runtime.InteropServices;

namespace Heldar.Edge.PreRoll;

/// <summary>
/// The bytes of a ring: one stream that grows at its end and is given up at its front, cut into chunks of which the oldest may lie in a spill file. The ring's lock
/// protects it, but for what is said otherwise.
/// </summary>
internal sealed class ChunkLog(PreRollMemory memory, PreRollSpill spill)
{
    private readonly List<Chunk> _chunks = [];
    private long _first;
    private int _spilled;

    /// <summary>Position of the oldest byte that is wanted.</summary>
    public long Start { get; private set; }

    /// <summary>Position of the byte that comes next.</summary>
    public long End { get; private set; }

    public int Chunks => _chunks.Count;

    /// <summary>Chunks that lie in the spill file.</summary>
    public int Spilled => _spilled;

    /// <summary>Makes room for bytes at the end; false when there is no memory for them.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="recorded">It is on its way to a recorder and must not be lost.</param>
    public bool Reserve(int bytes, bool recorded)
    {
        var wanted = Index(End + bytes - 1) + 1;
        while (_first + _chunks.Count < wanted)
        {
            if (memory.Rent(recorded) is not { } chunk) return false;
            _chunks.Add(new Chunk(chunk, -1, false));
        }

        return true;
    }

    /// <summary>Writes at the end; the room was reserved.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var offset = (int)(End % PreRollMemory.ChunkBytes);
            var length = Math.Min(bytes.Length, PreRollMemory.ChunkBytes - offset);
            bytes[..length].CopyTo(_chunks[(int)(Index(End) - _first)].Memory.AsSpan(offset));
            bytes = bytes[length..];
            End += length;
        }
    }

    /// <summary>Copies the piece of one chunk that begins at a position when it is in memory, and says otherwise where it lies; how many bytes it has either way.</summary>
    public int Peek(long position, Span<byte> target, out int slot)
    {
        var chunk = _chunks[(int)(Index(position) - _first)];
        var offset = (int)(position % PreRollMemory.ChunkBytes);
        var length = Math.Min(target.Length, PreRollMemory.ChunkBytes - offset);
        slot = chunk.Slot;
        chunk.Memory?.AsSpan(offset, length).CopyTo(target);
        return length;
    }

    /// <summary>Gives up everything before a position.</summary>
    public void DropBefore(long position)
    {
        Start = position;
        var gone = 0;
        while (gone < _chunks.Count && (_first + gone + 1) * PreRollMemory.ChunkBytes <= position) Free(_chunks[gone++]);
        Forget(gone);
    }

    /// <summary>Gives everything up.</summary>
    public void Clear()
    {
        foreach (var chunk in _chunks) Free(chunk);
        var gone = _chunks.Count;
        Forget(gone);
        // The next byte starts a chunk.
        Start = End = _first * PreRollMemory.ChunkBytes;
    }

    /// <summary>The oldest whole chunk in memory, which is being spilled from now on; null when there is none.</summary>
    public (long Index, byte[] Memory)? BeginSpill()
    {
        if (_spilled >= _chunks.Count) return null;
        var chunk = _chunks[_spilled];
        var index = _first + _spilled;
        if (chunk.Memory is null || chunk.Busy || (index + 1) * PreRollMemory.ChunkBytes > End) return null;
        _chunks[_spilled] = chunk with { Busy = true };
        return (index, chunk.Memory);
    }

    /// <summary>The chunk lies in the file, or could not be written (a slot below 0).</summary>
    public void EndSpill(long index, byte[] chunk, int slot)
    {
        var at = (int)(index - _first);
        if (at < 0)
        {
            // It was given up meanwhile.
            memory.Return(chunk);
            if (slot >= 0) spill.Free(slot);
            return;
        }

        if (slot < 0)
        {
            _chunks[at] = new Chunk(chunk, -1, false);
            return;
        }

        _chunks[at] = new Chunk(null, slot, false);
        _spilled++;
        memory.Return(chunk);
    }

    private static long Index(long position) => position / PreRollMemory.ChunkBytes;

    private void Free(in Chunk chunk)
    {
        if (chunk.Slot >= 0) spill.Free(chunk.Slot);
        else if (!chunk.Busy) memory.Return(chunk.Memory!);
    }

    private void Forget(int count)
    {
        _chunks.RemoveRange(0, count);
        _first += count;
        _spilled = Math.Max(0, _spilled - count);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Chunk(byte[]? Memory, int Slot, bool Busy);
}
