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
