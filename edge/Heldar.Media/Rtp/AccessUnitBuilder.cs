using System.Buffers.Binary;
using Heldar.Media.Streams;

namespace Heldar.Media.Rtp;

/// <summary>
/// Writes the access unit under construction behind the published ones into the current block; when the block is full, the partial unit moves to
/// a new one. Owns one reference to the current block. Ingest thread only.
/// </summary>
/// <param name="pool">Source of blocks.</param>
/// <param name="maxUnitBytes">Most bytes of one access unit.</param>
internal sealed class AccessUnitBuilder(MediaBlockPool pool, int maxUnitBytes) : IDisposable
{
    private const int LengthPrefix = 4;

    private MediaBlock? _block;
    private int _start;
    private int _end;
    private int _nal = -1;

    /// <summary>Bytes of the unit so far.</summary>
    public int Length => _end - _start;

    /// <summary>The NAL unit begun last, without its length.</summary>
    public ReadOnlySpan<byte> Nal => _block!.Bytes.AsSpan((_nal + LengthPrefix)..Math.Max(_end, _nal + LengthPrefix));

    /// <summary>Starts a NAL unit. False when the unit grows too large or the pool's budget is used up.</summary>
    public bool BeginNal()
    {
        if (!Reserve(LengthPrefix)) return false;
        _nal = _end;
        _end += LengthPrefix;
        return true;
    }

    /// <summary>Adds bytes to the NAL unit, or to the raw unit when none was begun. False as for <see cref="BeginNal"/>.</summary>
    public bool Append(ReadOnlySpan<byte> bytes)
    {
        if (!Reserve(bytes.Length)) return false;
        bytes.CopyTo(_block!.Bytes.AsSpan(_end));
        _end += bytes.Length;
        return true;
    }

    /// <summary>Ends the NAL unit: writes its length, or takes it out again.</summary>
    public void EndNal(bool keep)
    {
        if (keep) BinaryPrimitives.WriteUInt32BigEndian(_block!.Bytes.AsSpan(_nal), (uint)(_end - _nal - LengthPrefix));
        else _end = _nal;
        _nal = -1;
    }

    /// <summary>Throws the unit under construction away.</summary>
    public void Discard()
    {
        _end = _start;
        _nal = -1;
    }

    /// <summary>Completes the unit. The block is lent: whoever keeps it retains it before the next call on the builder.</summary>
    public (MediaBlock Block, int Offset, int Length) Complete()
    {
        var unit = (_block!, _start, Length);
        _start = _end;
        return unit;
    }

    public void Dispose()
    {
        _block?.Release();
        _block = null;
        _start = _end = 0;
        _nal = -1;
    }

    private bool Reserve(int bytes)
    {
        if (_block is { } current && current.Bytes.Length - _end >= bytes) return Length + bytes <= maxUnitBytes;
        var length = Length;
        if (length + bytes > maxUnitBytes) return false;
        // Twice what is there: a large unit moves a logarithmic number of times.
        if (!pool.TryRent(Math.Max(length + bytes, length * 2), out var next)) return false;
        if (_block is { } old)
        {
            old.Bytes.AsSpan(_start, length).CopyTo(next.Bytes);
            old.Release();
        }

        if (_nal >= 0) _nal -= _start;
        _block = next;
        _start = 0;
        _end = length;
        return true;
    }
}
