using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Heldar.Contracts;
using Heldar.Contracts.Api;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>
/// One live tunnel of a box: owns the WebSocket, one receive loop, one send loop and the streams on it. Anything that is not in
/// <see cref="Tunnel"/>'s rules closes it with the reason. Thread-safe.
/// </summary>
internal sealed partial class BoxTunnel(WebSocket socket, string tenant, Guid box, TunnelLimits limits, ILogger log) : IDisposable
{
    /// <summary>Frames that may wait to be sent; a few per stream in practice. A box that does not take them is cut off.</summary>
    private const int MaxOutbound = 256;

    /// <summary>Viewers that may wait for a stream; more are refused at once.</summary>
    private const int MaxWaiting = 32;

    private static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SendWait = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<uint, BoxStream> _streams = new();
    private readonly Channel<byte[]> _outbound = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxOutbound) { SingleReader = true });
    private readonly SemaphoreSlim _slots = new(Tunnel.MaxStreams);
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private uint _lastStream;
    private int _waiting;
    private (WebSocketCloseStatus Status, string Reason)? _farewell;

    public string Tenant { get; } = tenant;

    public Guid Box { get; } = box;

    /// <summary>Names this connection in <c>box_tunnel</c>.</summary>
    public Guid Connection { get; } = Guid.CreateVersion7();

    /// <summary>Streams that are open now.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>Runs both loops until the box leaves, breaks the rules, or <see cref="Close"/> is called. Never throws.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var stopping = cancellation.Register(() => Close(WebSocketCloseStatus.EndpointUnavailable, "the fleet is stopping"));
        var sending = SendLoopAsync();
        try
        {
            await ReceiveLoopAsync();
            Close(WebSocketCloseStatus.NormalClosure, "goodbye");
        }
        catch (TunnelRuleException broken)
        {
            RuleBroken(Tenant, Box, broken.Message);
            Close(WebSocketCloseStatus.PolicyViolation, broken.Message);
        }
        catch (Exception lost) when (lost is WebSocketException or OperationCanceledException or IOException)
        {
            Close(WebSocketCloseStatus.EndpointUnavailable, "connection lost");
        }

        foreach (var stream in _streams.Values) stream.Fail(new BoxGoneException("the box's connection broke"));
        await sending;
    }

    /// <summary>
    /// Opens a stream once one is free, waiting at most <see cref="TunnelLimits.StreamWait"/>. Null means too many; <see cref="BoxGoneException"/> that the
    /// tunnel closed. The caller disposes the stream.
    /// </summary>
    public async Task<BoxStream?> OpenAsync(TunnelRequest request, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return null;
        }

        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
            if (!await _slots.WaitAsync(limits.StreamWait, either.Token)) return null;
        }
        catch (Exception gone) when (gone is ObjectDisposedException || (gone is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new BoxGoneException("the box's connection broke", gone);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        BoxStream stream;
        lock (_gate)
        {
            stream = new BoxStream(this, ++_lastStream, limits);
            _streams[stream.Id] = stream;
            Send(TunnelFrame.Request, stream.Id, JsonSerializer.SerializeToUtf8Bytes(request, HeldarJson.Options));
        }

        // Closed in between: nobody else will fail this stream.
        if (_closing.IsCancellationRequested) stream.Fail(new BoxGoneException("the box's connection broke"));
        return stream;
    }

    /// <summary>Closes the tunnel for a reason that the box is told; the first reason stands.</summary>
    public void Close(WebSocketCloseStatus status, string reason)
    {
        lock (_gate)
        {
            if (_farewell is not null) return;
            _farewell = (status, reason);
            _outbound.Writer.TryComplete();
            _closing.Cancel();
            _stop.CancelAfter(CloseWait);
        }
    }

    public void Dispose()
    {
        _closing.Dispose();
        _stop.Dispose();
        _slots.Dispose();
    }

    /// <summary>Queues a frame; a box that takes no frames is cut off.</summary>
    internal void Send(TunnelFrame kind, uint stream, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[Tunnel.HeaderBytes + payload.Length];
        Tunnel.WriteHeader(frame, kind, stream);
        payload.CopyTo(frame.AsSpan(Tunnel.HeaderBytes));
        if (!_outbound.Writer.TryWrite(frame)) Close(WebSocketCloseStatus.PolicyViolation, "the box does not take frames");
    }

    /// <summary>Called once by a stream that its viewer is done with.</summary>
    internal void Forget(BoxStream stream, bool tellBox)
    {
        _streams.TryRemove(stream.Id, out _);
        if (tellBox && !_closing.IsCancellationRequested) Send(TunnelFrame.Cancel, stream.Id, []);
        try
        {
            _slots.Release();
        }
        catch (ObjectDisposedException)
        {
            // The tunnel is gone; so are its slots.
        }
    }

    private async Task ReceiveLoopAsync()
    {
        // One byte more than any frame may have: a message that fills it is too long.
        byte[] buffer = new byte[Tunnel.HeaderBytes + Tunnel.MaxDataBytes + 1];
        while (true)
        {
            int length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(length), _stop.Token);
                if (part.MessageType is WebSocketMessageType.Close) return;
                if (part.MessageType is not WebSocketMessageType.Binary) throw new TunnelRuleException("a text message");
                if ((length += part.Count) == buffer.Length) throw new TunnelRuleException("a frame that is too long");
            }
            while (!part.EndOfMessage);

            if (!_closing.IsCancellationRequested) Handle(buffer.AsSpan(0, length));
        }
    }

    private void Handle(ReadOnlySpan<byte> frame)
    {
        if (!Tunnel.TryReadHeader(frame, out var kind, out uint id)) throw new TunnelRuleException("a frame without a known kind and stream");
        var payload = frame[Tunnel.HeaderBytes..];
        if (kind is TunnelFrame.Request or TunnelFrame.Cancel or TunnelFrame.Credit) throw new TunnelRuleException($"a {kind} frame from a box");
        if (kind is not TunnelFrame.Data && payload.Length > Tunnel.MaxHeadBytes) throw new TunnelRuleException($"a {kind} frame that is too long");
        if (!_streams.TryGetValue(id, out var stream))
        {
            // Frames of a stream that its viewer left may still be under way; a stream that was never opened may not.
            if (id > Volatile.Read(ref _lastStream)) throw new TunnelRuleException("a frame for a stream that was never opened");
            return;
        }

        string? wrong = kind switch
        {
            TunnelFrame.Head => AcceptHead(stream, payload),
            TunnelFrame.Data => stream.AcceptData(payload),
            TunnelFrame.End => stream.AcceptEnd(),
            _ => AcceptError(stream, payload),
        };
        if (wrong is not null) throw new TunnelRuleException(wrong);
    }

    private static string? AcceptHead(BoxStream stream, ReadOnlySpan<byte> payload)
    {
        if (Parse<TunnelResponse>(payload) is not { Status: >= 200 and <= 599, ContentType: not null, ContentLength: null or >= 0 } head) return "a head that is not one";
        return stream.AcceptHead(head) ? null : "two heads on one stream";
    }

    private static string? AcceptError(BoxStream stream, ReadOnlySpan<byte> payload)
    {
        if (Parse<ErrorBody>(payload) is not { Error: not null, Code: not null } body) return "an error that is not one";
        stream.Fail(new BoxErrorException(body));
        return null;
    }

    private static T? Parse<T>(ReadOnlySpan<byte> json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, HeldarJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task SendLoopAsync()
    {
        try
        {
            await foreach (byte[] frame in _outbound.Reader.ReadAllAsync(_stop.Token))
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                limit.CancelAfter(SendWait);
                await socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, limit.Token);
            }

            var (status, reason) = _farewell ?? (WebSocketCloseStatus.NormalClosure, "");
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(status, reason, _stop.Token);
        }
        catch (Exception lost) when (lost is WebSocketException or OperationCanceledException or IOException)
        {
            Close(WebSocketCloseStatus.EndpointUnavailable, "connection lost");
            await _stop.CancelAsync();
        }
    }
}

/// <summary>A box sent what the tunnel's rules forbid.</summary>
internal sealed class TunnelRuleException(string message) : Exception(message);
