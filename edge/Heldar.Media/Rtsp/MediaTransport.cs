using System.Net.Sockets;

namespace Heldar.Media.Rtsp;

/// <summary>What the ingest thread reads from and writes to: never blocks.</summary>
internal abstract class MediaTransport : IDisposable
{
    /// <summary>Reads what is there.</summary>
    /// <returns>Bytes read; 0 when nothing is there; −1 when the connection ended.</returns>
    public abstract int Receive(Span<byte> to);

    /// <summary>Sends a small message, or keeps what does not fit for <see cref="Flush"/>. False when too much waits: the camera does not read.</summary>
    public abstract bool Send(ReadOnlySpan<byte> message);

    /// <summary>Sends what waits.</summary>
    public virtual void Flush()
    {
    }

    public abstract void Dispose();
}

/// <summary>A non-blocking socket.</summary>
internal sealed class SocketTransport(Socket socket) : MediaTransport
{
    private const int MaxWaiting = 16 * 1024;

    private byte[] _waiting = [];

    public override int Receive(Span<byte> to)
    {
        var read = socket.Receive(to, SocketFlags.None, out var error);
        if (error == SocketError.Success) return read == 0 ? -1 : read;
        return error == SocketError.WouldBlock ? 0 : -1;
    }

    public override bool Send(ReadOnlySpan<byte> message)
    {
        Flush();
        var sent = _waiting.Length == 0 ? Now(message) : 0;
        if (sent == message.Length) return true;
        if (_waiting.Length + message.Length - sent > MaxWaiting) return false;
        _waiting = [.. _waiting, .. message[sent..]];
        return true;
    }

    public override void Flush()
    {
        if (_waiting.Length == 0) return;
        _waiting = _waiting[Now(_waiting)..];
    }

    public override void Dispose() => socket.Dispose();

    private int Now(ReadOnlySpan<byte> message)
    {
        var sent = socket.Send(message, SocketFlags.None, out var error);
        return error == SocketError.Success ? sent : 0;
    }
}
