using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Heldar.Edge.Backup;

/// <summary>
/// Payload of an age file: chunks of 64 KiB, each sealed with ChaCha20-Poly1305 under its number and whether it is the last, so that a chunk can be neither changed, moved, repeated nor left out.
/// Either writes or reads. One thread at a time.
/// </summary>
internal sealed class AgeStream : Stream
{
    private const int ChunkBytes = 64 * 1024;
    private const int TagBytes = 16;
    private readonly Stream _inner;
    private readonly ChaCha20Poly1305 _cipher;
    private readonly bool _writes;
    private readonly byte[] _plain = new byte[ChunkBytes];
    private readonly byte[] _sealed = new byte[ChunkBytes + TagBytes];
    private int _at;
    private int _length;
    private long _chunk;
    private bool _last;
    private int _next = -1;

    private AgeStream(Stream inner, byte[] key, bool writes) => (_inner, _cipher, _writes) = (inner, new ChaCha20Poly1305(key), writes);

    public static AgeStream Writer(Stream output, byte[] key) => new(output, key, writes: true);

    public static AgeStream Reader(Stream input, byte[] key) => new(input, key, writes: false) { _next = input.ReadByte() };

    public override bool CanRead => !_writes;

    public override bool CanSeek => false;

    public override bool CanWrite => _writes;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes the last chunk; without it the file is damaged.</summary>
    public void Finish() => Seal(last: true);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            // A full chunk is sealed only when more follows: the last one may be full, but not empty.
            if (_at == ChunkBytes) Seal(last: false);
            var part = Math.Min(buffer.Length, ChunkBytes - _at);
            buffer[..part].CopyTo(_plain.AsSpan(_at));
            _at += part;
            buffer = buffer[part..];
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="BackupException">A chunk is damaged, or the file ends early or late.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_at == _length && !_last && buffer.Length > 0) Open();
        var part = Math.Min(buffer.Length, _length - _at);
        _plain.AsSpan(_at, part).CopyTo(buffer);
        _at += part;
        return part;
    }

    public override void Flush() => _inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _cipher.Dispose();
        CryptographicOperations.ZeroMemory(_plain);
        base.Dispose(disposing);
    }

    private void Seal(bool last)
    {
        _cipher.Encrypt(Nonce(last), _plain.AsSpan(0, _at), _sealed.AsSpan(0, _at), _sealed.AsSpan(_at, TagBytes));
        _inner.Write(_sealed.AsSpan(0, _at + TagBytes));
        _at = 0;
    }

    private void Open()
    {
        if (_next < 0) throw new BackupException("the file ends early");
        _sealed[0] = (byte)_next;
        var read = 1 + _inner.ReadAtLeast(_sealed.AsSpan(1), _sealed.Length - 1, throwOnEndOfStream: false);
        _next = read == _sealed.Length ? _inner.ReadByte() : -1;
        _last = _next < 0;
        if (read < TagBytes || (read == TagBytes && _chunk > 0)) throw new BackupException("the file ends early");
        (_at, _length) = (0, read - TagBytes);
        try
        {
            _cipher.Decrypt(Nonce(_last), _sealed.AsSpan(0, _length), _sealed.AsSpan(_length, TagBytes), _plain.AsSpan(0, _length));
        }
        catch (AuthenticationTagMismatchException)
        {
            _length = 0;
            throw new BackupException(_last ? "the file is damaged, or its end is missing" : "the file is damaged");
        }
    }

    private byte[] Nonce(bool last)
    {
        var nonce = new byte[12];
        BinaryPrimitives.WriteInt64BigEndian(nonce.AsSpan(3), _chunk++);
        nonce[11] = (byte)(last ? 1 : 0);
        return nonce;
    }
}
