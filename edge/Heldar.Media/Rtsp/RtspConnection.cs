using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Heldar.Media.Streams;

namespace Heldar.Media.Rtsp;

/// <summary>
/// Requests and responses of one RTSP connection while it is being set up. Interleaved frames that arrive between them are kept for the reader
/// (the first keyframe may come before the answer to PLAY). One caller at a time.
/// </summary>
internal sealed class RtspConnection(Stream stream, RtspAuthenticator authenticator, TimeSpan timeout, TimeProvider time)
{
    /// <summary>Most bytes of frames kept while waiting for a response.</summary>
    public const int MaxEarlyBytes = 4 * 1024 * 1024;

    private const int MaxTries = 3;

    private List<byte> _early = [];
    private byte[] _buffer = new byte[8 * 1024];
    private int _filled;
    private int _sequence;
    private bool _proven;

    /// <summary>Number for the next request.</summary>
    public int NextSequence => ++_sequence;

    /// <summary>Frames kept, then what was read behind the last response.</summary>
    public byte[] TakeEarly()
    {
        byte[] all = [.. _early, .. _buffer.AsSpan(0, _filled)];
        // From here on only Compose is used: give the memory back.
        (_early, _buffer, _filled) = ([], [], 0);
        return all;
    }

    /// <summary>Sends a request and reads its response; answers challenges.</summary>
    /// <exception cref="RtspException">401 or 403, no answer in time, or broken RTSP.</exception>
    public async Task<RtspMessage> AskAsync(string method, string uri, string headers, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var sent = authenticator.IsActive;
            var response = await OnceAsync(method, uri, headers, cancellation);
            if (response.Status == 403) throw new RtspException(StreamFailure.Unauthorized, "the camera forbids access (403)");
            if (response.Status != 401)
            {
                _proven |= sent && response.Status < 400;
                return response;
            }

            if (!authenticator.HasCredentials) throw new RtspException(StreamFailure.Unauthorized, "the camera asks for a username and password (401)");
            if (!authenticator.Accept(response.All("WWW-Authenticate"), out var fresh))
            {
                throw new RtspException(StreamFailure.Unauthorized, "the camera asks for a kind of authentication that is not supported (401)");
            }

            // Credentials were wrong, unless the camera says it was the nonce, or it took them a moment ago and changed its nonce since.
            if (attempt == MaxTries || (sent && !authenticator.IsStale && !(_proven && fresh)))
            {
                throw new RtspException(StreamFailure.Unauthorized, "the camera refused the username or password (401)");
            }
        }
    }

    /// <summary>A request as text.</summary>
    public string Compose(string method, string uri, string headers)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{method} {uri} RTSP/1.0\r\nCSeq: {NextSequence}\r\nUser-Agent: Heldar\r\n");
        if (authenticator.Authorize(method, uri) is { } authorization) text.Append(CultureInfo.InvariantCulture, $"Authorization: {authorization}\r\n");
        return text.Append(headers).Append("\r\n").ToString();
    }

    private async Task<RtspMessage> OnceAsync(string method, string uri, string headers, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(Compose(method, uri, headers)), either.Token);
            var sequence = _sequence;
            while (true)
            {
                var message = await ReadMessageAsync(either.Token);
                if (message.Status == 0 || message.Status < 200) continue;
                var number = message.Header("CSeq");
                if (number.Length == 0 || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var answered) || answered == sequence) return message;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new RtspException(StreamFailure.Timeout, $"no answer to {method} within {timeout.TotalSeconds:0.#} s");
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new RtspException(StreamFailure.Closed, $"the camera closed the connection at {method}", e);
        }
    }

    private async Task<RtspMessage> ReadMessageAsync(CancellationToken cancellation)
    {
        while (true)
        {
            KeepFrames();
            if (_filled > 0 && _buffer[0] != '$' && RtspMessage.TryRead(_buffer.AsSpan(0, _filled), out var consumed) is { } message)
            {
                Drop(consumed);
                return message;
            }

            // A frame has at most 64 KiB, a message is bounded by TryRead: the buffer is too.
            if (_filled == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            var read = await stream.ReadAsync(_buffer.AsMemory(_filled), cancellation);
            if (read == 0) throw new IOException("end of stream");
            _filled += read;
        }
    }

    private void KeepFrames()
    {
        var at = 0;
        while (at < _filled && _buffer[at] is (byte)'\r' or (byte)'\n') at++;
        while (_filled - at >= 4 && _buffer[at] == '$')
        {
            var length = 4 + ((_buffer[at + 2] << 8) | _buffer[at + 3]);
            if (_filled - at < length) break;
            if (_early.Count + length <= MaxEarlyBytes) _early.AddRange(_buffer.AsSpan(at, length));
            at += length;
        }

        Drop(at);
    }

    private void Drop(int count)
    {
        if (count == 0) return;
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
    }
}
