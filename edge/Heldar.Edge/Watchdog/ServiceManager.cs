using System.Net.Sockets;
using System.Text;

namespace Heldar.Edge.Watchdog;

/// <summary>Tells the service manager how this process is: one datagram per message (sd_notify(3)). Silent when there is none. Thread-safe.</summary>
internal sealed class ServiceManager : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _address;

    public ServiceManager(WatchdogOptions options)
    {
        if (options.Socket is not { } name) return;
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        _address = new UnixDomainSocketEndPoint(name[0] == '@' ? '\0' + name[1..] : name);
    }

    /// <summary>Sends one or more assignments, such as <c>READY=1</c>. False when nobody took it.</summary>
    public bool Tell(params ReadOnlySpan<string> assignments)
    {
        if (_socket is null) return false;
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(string.Join('\n', assignments!)), _address!);
            return true;
        }
        catch (SocketException)
        {
            // A full or vanished socket: the next message tells again.
            return false;
        }
    }

    public void Dispose() => _socket?.Dispose();
}
