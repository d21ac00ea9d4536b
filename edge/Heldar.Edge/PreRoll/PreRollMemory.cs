using System.Collections.Concurrent;

namespace Heldar.Edge.PreRoll;

/// <summary>The memory of all rings: chunks of one size under one budget. Thread-safe.</summary>
/// <param name="budget">Most bytes of chunks that rings hold, at least one chunk.</param>
internal sealed class PreRollMemory(long budget)
{
    /// <summary>Small, so that a ring of one slow camera is exact; pinned, so that the garbage collector never moves them.</summary>
    public const int ChunkBytes = 16 * 1024;

    /// <summary>Media that waits for a recorder is not given up for the budget's sake, up to this.</summary>
    public const long Beyond = 64L << 20;

    /// <summary>Most unused chunks that are kept.</summary>
    private const int Kept = 256;
    private readonly ConcurrentBag<byte[]> _free = [];
    private long _used;

    public long Budget => budget;

    /// <summary>Bytes that rings hold.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>So much is in use that rings are to be spilled, before a keyframe of each finds no room.</summary>
    public bool IsHigh => Used > budget - Math.Max(budget / 16, Math.Min(budget / 2, 2 << 20));

    /// <summary>A chunk, or null when the budget is used up.</summary>
    /// <param name="beyond">Take up to <see cref="Beyond"/> more.</param>
    public byte[]? Rent(bool beyond)
    {
        if (Interlocked.Add(ref _used, ChunkBytes) > budget + (beyond ? Beyond : 0))
        {
            Interlocked.Add(ref _used, -ChunkBytes);
            return null;
        }

        return _free.TryTake(out var chunk) ? chunk : GC.AllocateUninitializedArray<byte>(ChunkBytes, pinned: true);
    }

    public void Return(byte[] chunk)
    {
        Interlocked.Add(ref _used, -ChunkBytes);
        if (_free.Count < Kept) _free.Add(chunk);
    }
}
