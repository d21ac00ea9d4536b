using System.Threading.Channels;

namespace Heldar.Media.Rtsp;

/// <summary>
/// A TLS stream behind two paced loops: one decrypts into a bounded inbox that the ingest thread empties, one sends. When the inbox is full the
/// loop stops reading, so that TCP holds the camera back.
/// </summary>
internal sealed class TlsTransport : MediaTransport
{
    private const int MaxInbox = 4 * 1024 * 1024;
    private const int ReadBytes = 32 * 1024;

    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly TimeSpan _pace;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<byte[]> _outbox = Channel.CreateBounded<byte[]>(16);
    private readonly Task _loops;
    private byte[] _inbox = new byte[2 * ReadBytes];
    private int _filled;
    private bool _ended;

    /// <param name="stream">Handshake done; owned.</param>
    /// <param name="time">Timers.</param>
    /// <param name="pace">Wait while the inbox is full.</param>
    public TlsTransport(Stream stream, TimeProvider time, TimeSpan pace)
    {
        (_stream, _time, _pace) = (stream, time, pace);
        _loops = Task.WhenAll(Task.Run(ReadAsync), Task.Run(WriteAsync));
    }

    public override int Receive(Span<byte> to)
    {
        lock (_gate)
        {
            if (_filled == 0) return _ended ? -1 : 0;
            var count = Math.Min(to.Length, _filled);
            _inbox.AsSpan(0, count).CopyTo(to);
            _inbox.AsSpan(count, _filled - count).CopyTo(_inbox);
            _filled -= count;
            return count;
        }
    }

    public override bool Send(ReadOnlySpan<byte> message) => _outbox.Writer.TryWrite(message.ToArray());

    public override void Dispose()
    {
        _outbox.Writer.TryComplete();
        // The sender gets a moment for the last message, then both loops end and close the stream behind them.
        _stop.CancelAfter(TimeSpan.FromMilliseconds(200));
        _ = _loops.ContinueWith(
            _ =>
            {
                _stream.Dispose();
                _stop.Dispose();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[ReadBytes];
        try
        {
            int read;
            while ((read = await _stream.ReadAsync(buffer, _stop.Token)) > 0)
            {
                while (!Keep(buffer.AsSpan(0, read))) await Task.Delay(_pace, _time, _stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // Ended; said by Receive.
        }

        lock (_gate) _ended = true;
    }

    private bool Keep(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_filled + bytes.Length > MaxInbox) return false;
            if (_filled + bytes.Length > _inbox.Length) Array.Resize(ref _inbox, Math.Max(_inbox.Length * 2, _filled + bytes.Length));
            bytes.CopyTo(_inbox.AsSpan(_filled));
            _filled += bytes.Length;
            return true;
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var message in _outbox.Reader.ReadAllAsync(_stop.Token)) await _stream.WriteAsync(message, _stop.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The reading loop tells that the connection ended.
        }
    }
}
