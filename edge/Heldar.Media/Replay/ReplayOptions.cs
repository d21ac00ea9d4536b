using Heldar.Media.Ingest;
using NodaTime;

namespace Heldar.Media.Replay;

/// <summary>Bounds of replays. Immutable.</summary>
public sealed record ReplayOptions
{
    /// <summary>Most time for the TCP connect and the TLS handshake, each. Default 5 s, 0.1 to 60 s.</summary>
    public Duration ConnectTimeout { get; init; } = Duration.FromSeconds(5);

    /// <summary>Most time for one RTSP response. Default 10 s, 0.1 to 60 s: a camera looks its card through in here.</summary>
    public Duration ResponseTimeout { get; init; } = Duration.FromSeconds(10);

    /// <summary>No packet for this long ends a replay. Default 10 s, 0.1 to 300 s. Behind the end of a section, a fifth of it.</summary>
    public Duration IdleTimeout { get; init; } = Duration.FromSeconds(10);

    /// <summary>Longest replay by the box's own clock. Default 4 h, 1 s to 24 h.</summary>
    public Duration MaxTime { get; init; } = Duration.FromHours(4);

    /// <summary>Most bytes of one replay. Default 16 GiB, 1 MiB to 1 TiB.</summary>
    public long MaxBytes { get; init; } = 16L << 30;

    /// <summary>Most bytes of one access unit. Default 8 MiB, 64 KiB to 64 MiB.</summary>
    public int MaxAccessUnitBytes { get; init; } = 8 << 20;

    /// <summary>Every mistake, each naming its setting; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        InRange(nameof(ConnectTimeout), ConnectTimeout, Duration.FromMilliseconds(100), Duration.FromSeconds(60));
        InRange(nameof(ResponseTimeout), ResponseTimeout, Duration.FromMilliseconds(100), Duration.FromSeconds(60));
        InRange(nameof(IdleTimeout), IdleTimeout, Duration.FromMilliseconds(100), Duration.FromSeconds(300));
        InRange(nameof(MaxTime), MaxTime, Duration.FromSeconds(1), Duration.FromHours(24));
        InRange(nameof(MaxBytes), MaxBytes, 1L << 20, 1L << 40);
        InRange(nameof(MaxAccessUnitBytes), MaxAccessUnitBytes, 64 << 10, 64 << 20);
        return errors;

        void InRange<T>(string name, T value, T low, T high)
            where T : IComparable<T>
        {
            if (value.CompareTo(low) < 0 || value.CompareTo(high) > 0) errors.Add($"{name} is {value}, but must be from {low} to {high}.");
        }
    }
}

/// <summary>What to take back.</summary>
/// <param name="Source">
/// The camera's storage. <c>{start}</c> and <c>{end}</c> in the address become the range in UTC (20261121T043700Z), rounded outwards to whole seconds. User
/// information in the address is used when no username is given.
/// </param>
/// <param name="From">By the camera's clock.</param>
/// <param name="To">By the camera's clock.</param>
public sealed record ReplayRequest(StreamSource Source, Instant From, Instant To);
