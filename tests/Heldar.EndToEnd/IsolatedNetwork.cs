using System.Globalization;
using Heldar.Local.Processes;

namespace Heldar.EndToEnd;

/// <summary>
/// A network namespace with nothing but its own loopback: no route in or out. Ports of the host that a program inside may dial are carried over by
/// unix sockets (socat), outwards only. So a box inside can dial its cameras, queues and fleet, and nobody can reach the box. Needs root.
/// </summary>
internal sealed class IsolatedNetwork : IAsyncDisposable
{
    private readonly string _folder;
    private readonly List<ChildProcess> _children = [];

    private IsolatedNetwork(string folder) => _folder = folder;

    /// <summary>Puts in front of a command line so that it runs inside.</summary>
    public IReadOnlyList<string> Enter => ["nsenter", string.Create(CultureInfo.InvariantCulture, $"--net=/proc/{_children[0].Pid}/ns/net")];

    /// <summary>Makes the namespace; <paramref name="ports"/> are loopback ports of the host that stay dialable from inside under the same number.</summary>
    public static async Task<IsolatedNetwork> CreateAsync(string folder, IReadOnlyCollection<int> ports, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var network = new IsolatedNetwork(folder);
        try
        {
            var up = Path.Combine(folder, "up");
            await network.StartAsync("holder", "unshare", ["--net", "sh", "-c", "ip link set lo up && touch \"$1\" && exec sleep infinity", "sh", up]);
            await Readiness.WaitAsync("the namespace is up", _ => Task.FromResult(File.Exists(up)), TimeSpan.FromSeconds(10), network._children[0], cancellation);
            foreach (var port in ports) await network.CarryAsync(port, cancellation);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _children.Count - 1; i >= 0; i--)
        {
            await _children[i].KillAsync();
            await _children[i].DisposeAsync();
        }
    }

    private async Task CarryAsync(int port, CancellationToken cancellation)
    {
        var number = port.ToString(CultureInfo.InvariantCulture);
        var socket = Path.Combine(_folder, number + ".sock");
        var outside = await StartAsync("out-" + number, "socat", [$"UNIX-LISTEN:{socket},fork,backlog=64", $"TCP:127.0.0.1:{number}"]);
        await Readiness.WaitAsync($"port {number} is carried", _ => Task.FromResult(File.Exists(socket)), TimeSpan.FromSeconds(10), outside, cancellation);
        IReadOnlyList<string> command = [.. Enter, "socat", $"TCP-LISTEN:{number},bind=127.0.0.1,fork,reuseaddr,backlog=64", $"UNIX-CONNECT:{socket}"];
        await StartAsync("in-" + number, command[0], [.. command.Skip(1)]);
    }

    private async Task<ChildProcess> StartAsync(string name, string file, IReadOnlyList<string> arguments)
    {
        var child = await ChildProcess.StartAsync(new ChildSpec(name, file, arguments, Path.Combine(_folder, name + ".log")));
        _children.Add(child);
        return child;
    }
}
