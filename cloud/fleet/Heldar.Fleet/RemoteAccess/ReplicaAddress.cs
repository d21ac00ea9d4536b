using Heldar.Fleet.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>Where other replicas reach this one: HELDAR_FLEET_INTERNAL_URL, else the first address it listens on, known once it has started.</summary>
internal sealed class ReplicaAddress(FleetOptions options, IServer server)
{
    public Uri Url => options.InternalUrl ?? Listening();

    private Uri Listening()
    {
        string address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? throw new InvalidOperationException("the server has not started");
        var url = new UriBuilder(address.Replace("://*", "://127.0.0.1", StringComparison.Ordinal).Replace("://+", "://127.0.0.1", StringComparison.Ordinal));
        if (url.Host is "0.0.0.0" or "[::]") url.Host = "127.0.0.1";
        return url.Uri;
    }
}
