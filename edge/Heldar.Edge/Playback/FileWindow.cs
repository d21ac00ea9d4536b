namespace Heldar.Edge.Playback;

/// <summary>
/// The first bytes of a file as a stream of fixed length, or a part of them: what a viewer of a running segment may see while the recorder goes on
/// writing behind it. A file that is deleted or replaced by another meanwhile is read to its end; one that is cut short, or a closed one that somebody writes to, breaks the
/// stream with an <see cref="IOException"/>, so that whoever reads is never given less, or other bytes, than were promised.
/// </summary>
internal sealed class FileWindow : Stream
{
    private readonly FileStream _file;
    private readonly long _start;
    private readonly long _length;
    private readonly IDisposable? _kept;
    private readonly DateTime? _writtenAt;
    private long _position;

    /// <param name="path">File that exists.</param>
    /// <param name="start">First byte of the window.</param>
    /// <param name="length">Bytes of the window.</param>
    /// <param name="kept">Disposed with the window: what keeps the file from being deleted meanwhile.</param>
    /// <param name="isFinal">Nobody writes to the file any more.</param>
    public FileWindow(string path, long start, long length, IDisposable? kept = null, bool isFinal = false)
    {
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        });
        (_start, _length, _kept) = (start, length, kept);
        if (isFinal) _writtenAt = File.GetLastWriteTimeUtc(_file.SafeFileHandle);
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override int Read(Span<byte> buffer)
    {
        var allowed = Allowed(buffer.Length);
        return Taken(RandomAccess.Read(_file.SafeFileHandle, buffer[..allowed], _start + _position), allowed);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var allowed = Allowed(buffer.Length);
        return Taken(await RandomAccess.ReadAsync(_file.SafeFileHandle, buffer[..allowed], _start + _position, cancellationToken), allowed);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => _length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            _kept?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Looks at the file after each read: what was read is only then what it was when the file was opened.</summary>
    private int Taken(int read, int allowed)
    {
        if (read == 0 && allowed > 0) throw new EndOfStreamException($"the file was cut short while it was read: it ends before byte {_start + _position}, and {_start + _length} were there");
        if (_writtenAt is { } before && File.GetLastWriteTimeUtc(_file.SafeFileHandle) != before) throw new IOException("the file was written to while it was read");
        _position += read;
        return read;
    }

    private int Allowed(int wanted) => (int)Math.Clamp(_length - _position, 0, wanted);
}
