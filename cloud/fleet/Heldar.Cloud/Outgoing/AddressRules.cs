using System.Net;
using System.Net.Sockets;

namespace Heldar.Cloud.Outgoing;

/// <summary>
/// Which addresses outgoing calls may reach: public unicast, by the IANA special-purpose registries (RFC 6890 and its successors). Addresses that carry an IPv4
/// address inside (mapped, NAT64, 6to4, Teredo) are refused or judged by what they carry.
/// </summary>
public static class AddressRules
{
    private static readonly IPNetwork[] Refused =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    // Global unicast is one block; everything outside of it (loopback, link-local, unique local, multicast, NAT64, mapped) is refused.
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>Whether a call may reach the address.</summary>
    public static bool IsAllowed(IPAddress address, bool allowLoopback = false)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address)) return allowLoopback;
        if (address.AddressFamily is AddressFamily.InterNetworkV6 && (address.ScopeId != 0 || !GlobalUnicast.Contains(address))) return false;
        if (address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)) return false;
        return !Refused.Any(n => n.BaseAddress.AddressFamily == address.AddressFamily && n.Contains(address));
    }

    /// <summary>Why a URL can never be called, or null. Names are resolved and checked with each connection, not here.</summary>
    public static string? Mistake(string? url, bool allowLoopback = false)
    {
        if (url is not { Length: >= 1 and <= 2000 } || url.Any(c => c is <= ' ' or > '~') || !Uri.TryCreate(url, UriKind.Absolute, out var parsed)) return "url must be an absolute URL of at most 2000 ASCII characters";
        if (parsed.UserInfo.Length > 0 || parsed.Fragment.Length > 0) return "url must carry neither user information nor a fragment";
        var literal = IPAddress.TryParse(parsed.DnsSafeHost, out var address) ? address : null;
        if (literal is not null && !IsAllowed(literal, allowLoopback)) return "url must name a public address";
        if (parsed.Scheme == Uri.UriSchemeHttps) return null;
        return parsed.Scheme == Uri.UriSchemeHttp && allowLoopback && parsed.IsLoopback ? null : "url must begin with https://";
    }
}
