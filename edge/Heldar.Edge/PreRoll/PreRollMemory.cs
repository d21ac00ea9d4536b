using System.Collections.Concurrent;

namespace Heldar.Edge.PreRoll;

/// <summary>The memory of all rings: chunks of one size, and what rings keep beside them, under one budget. Thread-safe.</summary>
/// <param name="budget">Most bytes that rings hold, at least 256 KiB.</param>
internal sealed class PreRollMemory(long budget)
{
    /// <summary>Small, so that a ring of one slow camera is exact; pinned, so that the garbage collector never moves them.</summary>
    public const int ChunkBytes = 16 * 1024;

    /// <summary>Most of the budget that is kept free for media that waits for a recorder.</summary>
    private const long MostReserve = 64L << 20;

    /// <summary>Most unused chunks that are kept.</summary>
    private const int Kept = 256;
    private readonly ConcurrentBag<byte[]> _free = [];
    private readonly long _forPreRoll = budget - Math.Min(MostReserve, budget / 8);
    private long _used;

    /// <summary>Bytes that rings hold.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>So much is in use that rings are to be spilled, before a keyframe of each finds no room.</summary>
    public bool IsHigh => Used > _forPreRoll - Math.Max(budget / 16, Math.Min(budget / 2, 2 << 20));

    /// <summary>A chunk, or null when the budget is used up.</summary>
    /// <param name="recorded">A recorder waits for it: take the part of the budget too that is kept free for this.</param>
    public byte[]? Rent(bool recorded)
    {
        if (Interlocked.Add(ref _used, ChunkBytes) > (recorded ? budget : _forPreRoll))
        {
            Interlocked.Add(ref _used, -ChunkBytes);
            return null;
        }

        return _free.TryTake(out var chunk) ? chunk : GC.AllocateUninitializedArray<byte>(ChunkBytes, pinned: true);
    }

    /// <summary>Counts memory that a ring has made itself; below 0 for what it gave up.</summary>
    public void Charge(long bytes) => Interlocked.Add(ref _used, bytes);

    public void Return(byte[] chunk)
    {
        Interlocked.Add(ref _used, -ChunkBytes);
        if (_free.Count < Kept) _free.Add(chunk);
    }
}
