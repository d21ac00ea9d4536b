using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Heldar.Functions.Tests.FunctionsHost;

/// <summary>Stands before the queues of a storage account and answers every request with the beginning of an answer, until it is mended; then it passes everything on.</summary>
internal sealed class TornStorage : IAsyncDisposable
{
    private static readonly byte[] Beginning = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<?xml version=\"1.0\"?");
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _queues;
    private readonly Task _serving;
    private volatile bool _mended;
    private int _torn;

    /// <param name="storage">Connection string of the account, on loopback.</param>
    public TornStorage(string storage)
    {
        var endpoint = new Uri(storage.Split(';').Single(part => part.StartsWith("QueueEndpoint=", StringComparison.Ordinal))["QueueEndpoint=".Length..]);
        _queues = new IPEndPoint(IPAddress.Loopback, endpoint.Port);
        _listener.Start();
        ConnectionString = storage.Replace(endpoint.ToString(), new UriBuilder(endpoint) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri.ToString(), StringComparison.Ordinal);
        _serving = ServeAsync();
    }

    /// <summary>The same account, through this.</summary>
    public string ConnectionString { get; }

    /// <summary>Requests that were answered with a beginning.</summary>
    public int Torn => Volatile.Read(ref _torn);

    public void Mend() => _mended = true;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _serving;
        _end.Dispose();
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true) connections.Add(ConnectionAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ConnectionAsync(TcpClient client)
    {
        using var one = client;
        try
        {
            if (_mended) await PassAsync(client.GetStream());
            else await TearAsync(client.GetStream());
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException)
        {
            // Its other end is gone.
        }
    }

    private async Task TearAsync(NetworkStream client)
    {
        var request = new byte[8192];
        if (await client.ReadAsync(request, _end.Token) == 0) return;
        await client.WriteAsync(Beginning, _end.Token);
        Interlocked.Increment(ref _torn);
    }

    private async Task PassAsync(NetworkStream client)
    {
        using var server = new TcpClient();
        await server.ConnectAsync(_queues, _end.Token);
        await Task.WhenAny(client.CopyToAsync(server.GetStream(), _end.Token), server.GetStream().CopyToAsync(client, _end.Token));
    }
}
