using System.Net;
using System.Net.Sockets;

namespace Heldar.Edge.Tests.Gaps;

/// <summary>A line of its own to a camera, which breaks when a test says so; a new connection goes through again.</summary>
internal sealed class Line : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Socket> _sockets = [];
    private readonly Lock _lock = new();
    private readonly Uri _to;
    private readonly Task _loop;

    public Line(Uri to)
    {
        _to = to;
        _listener.Start();
        _loop = AcceptAsync();
    }

    /// <summary>Where the camera is at this end.</summary>
    public Uri Url => new UriBuilder(_to) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;

    /// <summary>Breaks every connection there is.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            foreach (var socket in _sockets)
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }

            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Cut();
        await _loop;
        _end.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> copies = [];
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync(_end.Token);
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
                lock (_lock) _sockets.AddRange([near, far]);
                await far.ConnectAsync(_to.Host, _to.Port, _end.Token);
                copies.Add(CopyAsync(near, far));
                copies.Add(CopyAsync(far, near));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopping.
        }

        await Task.WhenAll(copies);
    }

    private void Close(Socket socket)
    {
        lock (_lock)
            if (_sockets.Remove(socket)) socket.Close();
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[65536];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
        finally
        {
            Close(from);
            Close(to);
        }
    }
}
