using System.Buffers.Binary;
using System.Text;

namespace Heldar.Media.Mp4;

/// <summary>Builds ISO 14496-12 boxes in one growing buffer, which is kept for the next use. One thread at a time.</summary>
internal sealed class BoxWriter(int capacity)
{
    private byte[] _buffer = new byte[capacity];

    public int Position { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Position);

    public void Clear() => Position = 0;

    /// <summary>Starts a box; <see cref="End"/> with the returned mark fills in its size.</summary>
    public int Begin(ReadOnlySpan<byte> type)
    {
        var mark = Position;
        U32(0);
        Bytes(type);
        return mark;
    }

    /// <summary>Starts a box with version and flags.</summary>
    public int Begin(ReadOnlySpan<byte> type, byte version, uint flags)
    {
        var mark = Begin(type);
        U32(((uint)version << 24) | flags);
        return mark;
    }

    public void End(int mark) => PatchU32(mark, (uint)(Position - mark));

    public void PatchU32(int position, uint value) => BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(position), value);

    public void U8(int value) => Take(1)[0] = (byte)value;

    public void U16(int value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), (ushort)value);

    public void U32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    public void I32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(4), value);

    public void I64(long value) => BinaryPrimitives.WriteInt64BigEndian(Take(8), value);

    public void Zeros(int count) => Take(count).Clear();

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void Guid(Guid id) => id.TryWriteBytes(Take(16), bigEndian: true, out _);

    /// <summary>ASCII text with a closing zero.</summary>
    public void Text(string text)
    {
        Encoding.ASCII.GetBytes(text, Take(text.Length));
        U8(0);
    }

    private Span<byte> Take(int count)
    {
        if (Position + count > _buffer.Length) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Position + count));
        var span = _buffer.AsSpan(Position, count);
        Position += count;
        return span;
    }
}
