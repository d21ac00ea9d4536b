using System.Net;
using System.Net.Sockets;

namespace Heldar.Edge.Access;

/// <summary>
/// Slows down who tries often: 30 tries at once and then one every two seconds, by address (of IPv6, by the /64 network, of which every client owns one whole).
/// A table of fixed size, whatever comes: two addresses may share a place and then share its tries. Lock-free and thread-safe.
/// </summary>
internal sealed class SignInBrake(TimeProvider time)
{
    private const int Burst = 30;
    private const int Places = 4096;
    private static readonly long Interval = TimeSpan.FromSeconds(2).Ticks;
    private readonly long[] _next = new long[Places];
    private readonly long _began = time.GetTimestamp();
    private readonly int _seed = Random.Shared.Next();

    /// <summary>Takes a try; when none is left, how long until the next.</summary>
    public TimeSpan? Take(IPAddress? address)
    {
        ref var place = ref _next[(int)((uint)HashCode.Combine(_seed, Key(address)) % Places)];
        while (true)
        {
            var now = time.GetElapsedTime(_began).Ticks;
            var next = Volatile.Read(ref place);
            var after = Math.Max(next, now) + Interval;
            if (after - now > Burst * Interval) return TimeSpan.FromTicks(after - now - (Burst * Interval));
            if (Interlocked.CompareExchange(ref place, after, next) == next) return null;
        }
    }

    private static string Key(IPAddress? address)
    {
        if (address is null) return "";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }
}
