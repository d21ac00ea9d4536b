using System.Diagnostics;

namespace Heldar.Media.Streams;

/// <summary>
/// A pooled, reference-counted piece of memory that access units live in. It serves as receive target, GOP ring and fragment body at once, so
/// that a byte is copied once between the socket buffer and the file. Retain and Release are thread-safe; the bytes are written by the
/// stream's reader only, and never again once an access unit that covers them has been published.
/// </summary>
public sealed class MediaBlock
{
    private readonly MediaBlockPool _pool;
    private int _references;

    internal MediaBlock(MediaBlockPool pool, int capacity)
    {
        _pool = pool;
        Bytes = GC.AllocateUninitializedArray<byte>(capacity);
    }

    /// <summary>The memory itself; its length is the block's capacity.</summary>
    public byte[] Bytes { get; }

    /// <summary>Adds a reference. Only valid while the caller already holds one.</summary>
    public void Retain()
    {
        var now = Interlocked.Increment(ref _references);
        Debug.Assert(now > 1, "retained a block that nobody held");
    }

    /// <summary>Gives a reference back; the last one returns the block to its pool.</summary>
    public void Release()
    {
        var now = Interlocked.Decrement(ref _references);
        Debug.Assert(now >= 0, "released a block too often");
        if (now == 0) _pool.Return(this);
    }

    internal void Start() => Volatile.Write(ref _references, 1);
}

/// <summary>
/// Pool of <see cref="MediaBlock"/>s of one size, plus larger ones made to measure for oversized access units (not kept). Thread-safe.
/// Bounded by <paramref name="maxBytes"/> of blocks in use: beyond it <see cref="TryRent"/> says no and the stream drops to its next keyframe.
/// </summary>
/// <param name="blockSize">Bytes of one ordinary block; more wastes memory per camera, less copies more partial access units.</param>
/// <param name="maxBytes">Most bytes in use at once over all streams.</param>
public sealed class MediaBlockPool(int blockSize = MediaBlockPool.DefaultBlockSize, long maxBytes = MediaBlockPool.DefaultMaxBytes)
{
    public const int DefaultBlockSize = 128 * 1024;
    public const long DefaultMaxBytes = 1L << 30;
    private const int KeptFree = 16;

    private readonly System.Collections.Concurrent.ConcurrentQueue<MediaBlock> _free = new();
    private long _bytesInUse;

    public int BlockSize => blockSize;

    /// <summary>Bytes of all blocks that somebody holds.</summary>
    public long BytesInUse => Interlocked.Read(ref _bytesInUse);

    /// <summary>A block of at least <paramref name="minimum"/> bytes with one reference, or false when the budget is used up.</summary>
    public bool TryRent(int minimum, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out MediaBlock? block)
    {
        var size = Math.Max(minimum, blockSize);
        if (Interlocked.Add(ref _bytesInUse, size) > maxBytes)
        {
            Interlocked.Add(ref _bytesInUse, -size);
            block = null;
            return false;
        }

        if (size != blockSize || !_free.TryDequeue(out block)) block = new MediaBlock(this, size);
        block.Start();
        return true;
    }

    internal void Return(MediaBlock block)
    {
        Interlocked.Add(ref _bytesInUse, -block.Bytes.Length);
        if (block.Bytes.Length == blockSize && _free.Count < KeptFree) _free.Enqueue(block);
    }
}
