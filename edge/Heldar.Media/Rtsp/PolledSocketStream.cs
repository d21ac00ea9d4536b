using System.Net.Sockets;

namespace Heldar.Media.Rtsp;

/// <summary>
/// A stream over a non-blocking socket that waits by timer. The socket's own asynchronous calls would register it with the runtime's epoll thread
/// for ever, which then wakes for every packet; a streaming socket must not be.
/// </summary>
/// <param name="socket">Connected and non-blocking; owned.</param>
/// <param name="time">Timers.</param>
internal sealed class PolledSocketStream(Socket socket, TimeProvider time) : Stream
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan HandshakeLongest = TimeSpan.FromMilliseconds(20);

    /// <summary>Longest wait between two tries; raised to the read interval once media flows.</summary>
    public TimeSpan Longest { get; set; } = HandshakeLongest;

    public Socket Socket => socket;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var wait = Longest > HandshakeLongest ? Longest : Shortest; ; wait = Longer(wait))
        {
            var read = socket.Receive(buffer.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success) return read;
            if (error != SocketError.WouldBlock) throw new SocketException((int)error);
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var wait = Shortest; buffer.Length > 0;)
        {
            var sent = socket.Send(buffer.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                buffer = buffer[sent..];
                continue;
            }

            if (error != SocketError.WouldBlock) throw new SocketException((int)error);
            await Task.Delay(wait, time, cancellationToken);
            wait = Longer(wait);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) socket.Dispose();
        base.Dispose(disposing);
    }

    private TimeSpan Longer(TimeSpan wait) => wait * 2 > Longest ? Longest : wait * 2;
}
