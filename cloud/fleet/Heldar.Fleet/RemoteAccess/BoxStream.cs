using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Heldar.Contracts.Api;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>
/// One request on a tunnel. The tunnel's receive loop feeds it, one viewer's request drains it; between them lie at most
/// <see cref="Tunnel.InitialCredit"/> bytes, because the box may send only what it has credit for and credit is given when the viewer has taken bytes.
/// </summary>
internal sealed class BoxStream(BoxTunnel tunnel, uint id, TunnelLimits limits) : IAsyncDisposable
{
    /// <summary>Credit goes back in pieces of this size, so that it does not cost a frame for each frame.</summary>
    private const int CreditStep = 64 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false));
    private readonly TaskCompletionSource<TunnelResponse> _head = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _length;
    private long _received;
    private int _credit = Tunnel.InitialCredit;
    private int _disposed;

    public uint Id { get; } = id;

    /// <summary>The head, or the box's error as <see cref="BoxErrorException"/>. Its <see cref="TunnelResponse.ContentLength"/> binds the body.</summary>
    public Task<TunnelResponse> HeadAsync(CancellationToken cancellation) => _head.Task.WaitAsync(limits.AnswerWait, cancellation);

    /// <summary>Receive loop only. False when a head came before.</summary>
    public bool AcceptHead(TunnelResponse head)
    {
        _length = head.ContentLength;
        return _head.TrySetResult(head);
    }

    /// <summary>Receive loop only. What the box did wrong, or null. Never blocks: the credit bounds the buffer.</summary>
    public string? AcceptData(ReadOnlySpan<byte> data)
    {
        if (!_head.Task.IsCompletedSuccessfully) return "data before the head";
        if (Interlocked.Add(ref _credit, -data.Length) < 0) return "data beyond the credit";
        if ((_received += data.Length) > (_length ?? long.MaxValue)) return "more data than the head announced";
        if (Volatile.Read(ref _disposed) != 0 || data.IsEmpty) return null;
        try
        {
            _pipe.Writer.Write(data);
            Forget(_pipe.Writer.FlushAsync());
        }
        catch (InvalidOperationException)
        {
            // The viewer left between the check and the write: the bytes are nobody's.
        }

        return null;
    }

    /// <summary>Receive loop only: the body is complete.</summary>
    public string? AcceptEnd()
    {
        if (!_head.Task.IsCompletedSuccessfully) return "an end before the head";
        if (_length is { } length && _received < length) Fail(new BoxGoneException("the box sent less than it announced"));
        else Finish(null);
        return null;
    }

    /// <summary>Ends the stream for its reader: the box's error, or the loss of the tunnel.</summary>
    public void Fail(Exception cause)
    {
        if (_head.TrySetException(cause)) _ = _head.Task.Exception;
        Finish(cause);
    }

    /// <summary>See <see cref="BoxAnswer.CopyToAsync"/>.</summary>
    public async Task CopyToAsync(Stream target, CancellationToken cancellation)
    {
        int owed = 0;
        while (true)
        {
            var read = await ReadAsync(cancellation);
            foreach (var piece in read.Buffer)
            {
                await WriteAsync(target, piece, cancellation);
                owed += piece.Length;
            }

            _pipe.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return;
            if (owed < CreditStep) continue;
            Grant(owed);
            owed = 0;
        }
    }

    /// <summary>Gives the slot back and, unless the box has ended the stream, tells it to stop.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _pipe.Reader.CompleteAsync();
        tunnel.Forget(this, tellBox: !_ended.Task.IsCompleted);
    }

    private async Task<ReadResult> ReadAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(limits.AnswerWait);
        try
        {
            return await _pipe.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException("the box sent nothing for too long", late);
        }
    }

    private async Task WriteAsync(Stream target, ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(limits.ViewerStall);
        try
        {
            await target.WriteAsync(piece, limit.Token);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException("the viewer took nothing for too long", late);
        }
    }

    private void Grant(int bytes)
    {
        Interlocked.Add(ref _credit, bytes);
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)bytes);
        tunnel.Send(TunnelFrame.Credit, Id, payload);
    }

    private void Finish(Exception? cause)
    {
        if (!_ended.TrySetResult()) return;
        _pipe.Writer.Complete(cause);
    }

    private static void Forget(ValueTask<FlushResult> flush)
    {
        // The pipe never pauses its writer, so the flush is complete; a faulted one has thrown already.
        if (!flush.IsCompleted) throw new InvalidOperationException("the pipe paused its writer");
    }
}

/// <summary>The box ended a stream with an error frame.</summary>
internal sealed class BoxErrorException(ErrorBody body) : IOException(body.Error)
{
    public ErrorBody Body { get; } = body;
}

/// <summary>Bounds in time of the streams of a tunnel: see <see cref="Settings.FleetOptions"/>.</summary>
internal sealed record TunnelLimits(TimeSpan StreamWait, TimeSpan AnswerWait, TimeSpan ViewerStall)
{
    public static TunnelLimits Of(Settings.FleetOptions options) => new(options.StreamWait, options.AnswerWait, options.ViewerStall);
}
