using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Heldar.Media.Streams;

/// <summary>
/// Pool of <see cref="MediaBlock"/>s: ordinary ones of <see cref="BlockSize"/>, and doubled sizes for access units that do not fit. Thread-safe.
/// Bounded by <paramref name="maxBytes"/> of blocks in use: beyond it <see cref="TryRent"/> says no and the stream drops to its next keyframe.
/// Returned blocks are kept for reuse, so that a steady load allocates nothing.
/// </summary>
/// <param name="blockSize">Bytes of one ordinary block; more wastes memory per camera, less copies more partial access units.</param>
/// <param name="maxBytes">Most bytes in use at once over all streams.</param>
/// <param name="keptBytes">Most bytes of unused blocks kept; less frees memory after a peak, but makes the garbage collector work at each keyframe.</param>
public sealed class MediaBlockPool(
    int blockSize = MediaBlockPool.DefaultBlockSize, long maxBytes = MediaBlockPool.DefaultMaxBytes, long keptBytes = MediaBlockPool.DefaultKeptBytes)
{
    public const int DefaultBlockSize = 128 * 1024;
    public const long DefaultMaxBytes = 1L << 30;
    public const long DefaultKeptBytes = 64L << 20;
    private const int Classes = 8;

    private readonly ConcurrentQueue<MediaBlock>[] _free = [.. Enumerable.Range(0, Classes).Select(_ => new ConcurrentQueue<MediaBlock>())];
    private long _bytesInUse;
    private long _bytesFree;

    public int BlockSize => blockSize;

    /// <summary>Bytes of all blocks that somebody holds.</summary>
    public long BytesInUse => Interlocked.Read(ref _bytesInUse);

    /// <summary>Bytes of blocks kept for reuse.</summary>
    public long BytesFree => Interlocked.Read(ref _bytesFree);

    /// <summary>A block of at least <paramref name="minimum"/> bytes with one reference, or false when the budget is used up.</summary>
    public bool TryRent(int minimum, [NotNullWhen(true)] out MediaBlock? block)
    {
        var index = ClassOf(minimum);
        var size = index < Classes ? blockSize << index : minimum;
        if (Interlocked.Add(ref _bytesInUse, size) > maxBytes)
        {
            Interlocked.Add(ref _bytesInUse, -size);
            block = null;
            return false;
        }

        if (index < Classes && _free[index].TryDequeue(out block)) Interlocked.Add(ref _bytesFree, -size);
        else block = new MediaBlock(this, size);
        block.Start();
        return true;
    }

    internal void Return(MediaBlock block)
    {
        var size = block.Bytes.Length;
        Interlocked.Add(ref _bytesInUse, -size);
        var index = ClassOf(size);
        if (index >= Classes || blockSize << index != size) return;
        if (Interlocked.Add(ref _bytesFree, size) > keptBytes) Interlocked.Add(ref _bytesFree, -size);
        else _free[index].Enqueue(block);
    }

    private int ClassOf(int bytes) => bytes <= blockSize ? 0 : BitOperations.Log2((uint)((bytes - 1) / blockSize)) + 1;
}
