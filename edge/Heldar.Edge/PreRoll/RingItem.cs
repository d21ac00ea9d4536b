using System.Runtime.InteropServices;
using Heldar.Media.Streams;

namespace Heldar.Edge.PreRoll;

/// <summary>One thing that a ring gives back.</summary>
/// <param name="Event">A <see cref="StreamRun"/>, <see cref="StreamFormat"/>, <see cref="RingDamage"/> or <see cref="RingLoss"/>; null for a unit.</param>
/// <param name="Unit">The unit; its block is the copier's until the next one is copied.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RingItem(object? Event, AccessUnit Unit)
{
    /// <summary>There is no memory for it now.</summary>
    public static readonly RingItem Later = new(null, default);

    /// <summary>The format that belongs to a run which the ring begins with.</summary>
    public StreamFormat? Format { get; init; }

    /// <summary>It is out of the ring already.</summary>
    public bool IsTaken { get; init; }

    public bool IsLater => Event is null && Unit.Block is null;
}

/// <summary>Blocks that a ring's units are copied into, one unit behind the other. One reader at a time.</summary>
internal sealed class UnitCopier(MediaBlockPool pool) : IDisposable
{
    private MediaBlock? _block;
    private int _used;

    /// <summary>Room for a unit, or null when the pool's budget is used up. The block is lent until the next call.</summary>
    public (MediaBlock Block, int Offset)? Rent(int length)
    {
        if (_block is not null && _block.Bytes.Length - _used >= length) return (_block, _used);
        if (!pool.TryRent(length, out var next)) return null;
        _block?.Release();
        (_block, _used) = (next, 0);
        return (_block, _used);
    }

    public void Used(int length) => _used += length;

    public void Dispose()
    {
        _block?.Release();
        _block = null;
    }
}
