using System.Net;
using Heldar.Fleet.Settings;
using Microsoft.AspNetCore.HttpOverrides;

namespace Heldar.Fleet.Access;

/// <summary>
/// Who is really calling, and over what: behind a proxy that ends TLS, the client's address and scheme come from <c>X-Forwarded-For</c> and
/// <c>X-Forwarded-Proto</c>, but only from a proxy that the settings name. Everybody else's headers are text that anyone can write.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>Outermost: cookies, rate limits and headers of answers all follow from address and scheme. Does nothing when no proxy is named.</summary>
    public static void UseTrustedProxies(this IApplicationBuilder app, FleetOptions options)
    {
        if (options.TrustedProxies.Count == 0) return;
        var headers = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,

            // A chain of named proxies is walked from its near end; the first stranger in it is the client.
            ForwardLimit = null,
        };
        headers.KnownProxies.Clear();
        headers.KnownIPNetworks.Clear();
        foreach (var network in options.TrustedProxies) headers.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(headers);
    }

    /// <summary>What rate limits count by: an IPv4 address, or the /64 network of an IPv6 one, of which every client owns at least one whole.</summary>
    public static string RateKey(IPAddress? address)
    {
        if (address is null) return "unknown";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily is not System.Net.Sockets.AddressFamily.InterNetworkV6) return address.ToString();
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
