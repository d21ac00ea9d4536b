using System.Collections.Concurrent;
using System.Net.WebSockets;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>The tunnels that this replica holds: at most one per box, the newest wins. Thread-safe.</summary>
internal sealed class Tunnels
{
    private readonly ConcurrentDictionary<(string Tenant, Guid Box), BoxTunnel> _live = new();

    public IReadOnlyCollection<BoxTunnel> All => [.. _live.Values];

    public BoxTunnel? Find(string tenant, Guid box) => _live.GetValueOrDefault((tenant, box));

    /// <summary>Puts a tunnel in place and closes the one it replaces.</summary>
    public void Attach(BoxTunnel tunnel)
    {
        BoxTunnel? older = null;
        _live.AddOrUpdate((tunnel.Tenant, tunnel.Box), tunnel, (_, current) =>
        {
            older = current;
            return tunnel;
        });
        older?.Close(WebSocketCloseStatus.PolicyViolation, "replaced by a newer connection of the same box");
    }

    /// <summary>Takes a tunnel out, unless a newer one is in its place.</summary>
    public void Detach(BoxTunnel tunnel) => _live.TryRemove(KeyValuePair.Create((tunnel.Tenant, tunnel.Box), tunnel));
}
