using System.Buffers;
using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Api;

namespace Heldar.Edge.RemoteAccess;

/// <summary>The fleet sent something that the tunnel's rules forbid.</summary>
internal sealed class TunnelProtocolException(string message) : Exception(message);

/// <summary>
/// One connection of the tunnel: reads frames in one loop, runs one task per stream, sends one frame at a time. Ends with the socket, a broken
/// rule or cancellation, and by then every stream has ended and given back what it held.
/// </summary>
internal sealed class TunnelConnection(WebSocket socket, ITunnelContent content, TokenBucket bucket, Action<Exception> onFault) : IDisposable
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Dictionary<uint, TunnelStream> _streams = [];
    private readonly Lock _lock = new();

    /// <summary>Streams that are running.</summary>
    public int Streams
    {
        get
        {
            lock (_lock) return _streams.Count;
        }
    }

    /// <summary>Serves until the fleet closes. Throws <see cref="TunnelProtocolException"/> or <see cref="WebSocketException"/>.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await ReadAsync(ending.Token);
        }
        finally
        {
            await ending.CancelAsync();
            Task[] running;
            lock (_lock) running = [.. _streams.Values.Select(s => s.Task)];
            await Task.WhenAll(running);
        }
    }

    public void Dispose() => _sending.Dispose();

    private async Task ReadAsync(CancellationToken cancellation)
    {
        var buffer = new byte[Tunnel.HeaderBytes + Tunnel.MaxHeadBytes];
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                if (length == buffer.Length) throw new TunnelProtocolException($"a frame is larger than {buffer.Length} bytes");
                part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
                if (part.MessageType == WebSocketMessageType.Close) return;
                if (part.MessageType != WebSocketMessageType.Binary) throw new TunnelProtocolException("frames are binary");
                length += part.Count;
            }
            while (!part.EndOfMessage);
            await HandleAsync(buffer.AsMemory(0, length), cancellation);
        }
    }

    private async Task HandleAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        if (!Tunnel.TryReadHeader(frame.Span, out var kind, out var id)) throw new TunnelProtocolException("a frame has no valid header");
        var payload = frame[Tunnel.HeaderBytes..];
        switch (kind)
        {
            case TunnelFrame.Request:
                await StartAsync(id, payload, cancellation);
                break;
            case TunnelFrame.Cancel:
                Find(id)?.Cancel();
                break;
            case TunnelFrame.Credit:
                if (payload.Length != 4) throw new TunnelProtocolException("a credit frame holds 4 bytes");
                Find(id)?.Credit.Add(BinaryPrimitives.ReadUInt32BigEndian(payload.Span));
                break;
            default:
                throw new TunnelProtocolException($"a frame of kind {kind} comes from the box only");
        }
    }

    private async Task StartAsync(uint id, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        if (Find(id) is not null) throw new TunnelProtocolException($"stream {id} is in use");
        TunnelRequest? request;
        try
        {
            request = JsonSerializer.Deserialize<TunnelRequest>(payload.Span, HeldarJson.Options);
        }
        catch (JsonException)
        {
            request = null;
        }

        if (request is not { Method: not null, Path: not null })
        {
            await SendJsonAsync(TunnelFrame.Error, id, new ErrorBody("a request is JSON with method and path", ErrorCodes.BadRequest), cancellation);
            return;
        }

        if (Streams >= Tunnel.MaxStreams)
        {
            await SendJsonAsync(TunnelFrame.Error, id, new ErrorBody($"the box serves {Tunnel.MaxStreams} streams at once", ErrorCodes.TooMany), cancellation);
            return;
        }

        var stream = new TunnelStream(CancellationTokenSource.CreateLinkedTokenSource(cancellation));
        lock (_lock)
        {
            _streams.Add(id, stream);
            stream.Task = Task.Run(() => ServeAsync(id, stream, request), CancellationToken.None);
        }
    }

    private TunnelStream? Find(uint id)
    {
        lock (_lock) return _streams.GetValueOrDefault(id);
    }

    private async Task ServeAsync(uint id, TunnelStream stream, TunnelRequest request)
    {
        var cancellation = stream.Cancellation.Token;
        try
        {
            using var answer = await content.OpenAsync(request, cancellation);
            if (answer.Head is not { } head || answer.Body is not { } body)
            {
                await SendJsonAsync(TunnelFrame.Error, id, answer.Error ?? new ErrorBody("no answer", ErrorCodes.Unavailable), cancellation);
                return;
            }

            await SendJsonAsync(TunnelFrame.Head, id, head, cancellation);
            await SendBodyAsync(id, stream, body, cancellation);
            await SendAsync(TunnelFrame.End, id, new byte[Tunnel.HeaderBytes], Tunnel.HeaderBytes, cancellation);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // The viewer or the connection is gone: nobody is left to tell.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await TellAsync(id, "the footage cannot be read");
        }
        catch (Exception e)
        {
            onFault(e);
            await TellAsync(id, "the box failed to answer");
        }
        finally
        {
            lock (_lock) _streams.Remove(id);
            stream.Dispose();
        }
    }

    private async Task SendBodyAsync(uint id, TunnelStream stream, Stream body, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Tunnel.HeaderBytes + Tunnel.MaxDataBytes);
        try
        {
            while (true)
            {
                var allowed = await stream.Credit.TakeAsync(Tunnel.MaxDataBytes, cancellation);
                var read = await body.ReadAsync(buffer.AsMemory(Tunnel.HeaderBytes, allowed), cancellation);
                if (read == 0) return;
                stream.Credit.Add((uint)(allowed - read));
                await bucket.TakeAsync(read, cancellation);
                await SendAsync(TunnelFrame.Data, id, buffer, Tunnel.HeaderBytes + read, cancellation);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task TellAsync(uint id, string error)
    {
        try
        {
            await SendJsonAsync(TunnelFrame.Error, id, new ErrorBody(error, ErrorCodes.Unavailable), CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is gone as well.
        }
    }

    private Task SendJsonAsync<T>(TunnelFrame kind, uint id, T value, CancellationToken cancellation)
    {
        byte[] frame = [.. new byte[Tunnel.HeaderBytes], .. JsonSerializer.SerializeToUtf8Bytes(value, HeldarJson.Options)];
        return SendAsync(kind, id, frame, frame.Length, cancellation);
    }

    private async Task SendAsync(TunnelFrame kind, uint id, byte[] frame, int length, CancellationToken cancellation)
    {
        Tunnel.WriteHeader(frame, kind, id);
        await _sending.WaitAsync(cancellation);
        try
        {
            // A cancelled send would break the whole connection, so a send only ends by itself or when the fleet stops reading.
            using var limit = new CancellationTokenSource(SendTimeout);
            await socket.SendAsync(frame.AsMemory(0, length), WebSocketMessageType.Binary, endOfMessage: true, limit.Token);
        }
        finally
        {
            _sending.Release();
        }
    }
}
