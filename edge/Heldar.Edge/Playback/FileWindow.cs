namespace Heldar.Edge.Playback;

/// <summary>
/// The first bytes of a file as a stream of fixed length, or a part of them: what a viewer of a running segment may see while the recorder goes on
/// writing behind it.
/// </summary>
internal sealed class FileWindow : Stream
{
    private readonly FileStream _file;
    private readonly long _start;
    private readonly long _length;
    private readonly IDisposable? _kept;
    private long _position;

    /// <param name="path">File that exists.</param>
    /// <param name="start">First byte of the window.</param>
    /// <param name="length">Bytes of the window.</param>
    /// <param name="kept">Disposed with the window: what keeps the file from being deleted meanwhile.</param>
    public FileWindow(string path, long start, long length, IDisposable? kept = null)
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
        var read = RandomAccess.Read(_file.SafeFileHandle, buffer[..Allowed(buffer.Length)], _start + _position);
        _position += read;
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await RandomAccess.ReadAsync(_file.SafeFileHandle, buffer[..Allowed(buffer.Length)], _start + _position, cancellationToken);
        _position += read;
        return read;
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

    private int Allowed(int wanted) => (int)Math.Clamp(_length - _position, 0, wanted);
}
