using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>Bounds and pacing of an <see cref="IngestEngine"/>. Immutable; the defaults suit a box with up to a few hundred cameras.</summary>
public sealed record IngestOptions
{
    /// <summary>
    /// Time between two reads of all sockets. Default 40 ms, 5 to 200 ms. Longer costs latency and kernel buffer, shorter costs wake-ups.
    /// </summary>
    public Duration ReadInterval { get; init; } = Duration.FromMilliseconds(40);

    /// <summary>Bytes of the one buffer that all plain TCP sessions are read into. Default 512 KiB, 128 KiB to 16 MiB.</summary>
    public int ReceiveBufferBytes { get; init; } = 512 * 1024;

    /// <summary>Most time for the TCP connect and the TLS handshake, each. Default 5 s, 0.1 to 60 s.</summary>
    public Duration ConnectTimeout { get; init; } = Duration.FromSeconds(5);

    /// <summary>Most time for one RTSP response. Default 5 s, 0.1 to 60 s. Some cameras start their encoder in here.</summary>
    public Duration ResponseTimeout { get; init; } = Duration.FromSeconds(5);

    /// <summary>
    /// Watchdog on media: no video access unit for this long means <see cref="StreamState.Stalled"/> and a reconnect. Default 5 s, 0.1 to 300 s.
    /// Raise it above the frame interval of cameras that send less than one picture in 5 s.
    /// </summary>
    public Duration MediaTimeout { get; init; } = Duration.FromSeconds(5);

    /// <summary>First wait before a reconnect; doubles up to <see cref="BackoffMax"/>, each with jitter of 50 to 100 %. Default 1 s.</summary>
    public Duration BackoffMin { get; init; } = Duration.FromSeconds(1);

    /// <summary>
    /// Longest wait before a reconnect. Default 4 s: with connect and the wait for a keyframe a camera that returns is recorded again within 10 s, however long it was away.
    /// </summary>
    public Duration BackoffMax { get; init; } = Duration.FromSeconds(4);

    /// <summary>Wait after the camera refused the credentials for the first time since it took them; never more than <see cref="AuthBackoffMin"/>. Default 5 s.</summary>
    public Duration AuthFirstWait { get; init; } = Duration.FromSeconds(5);

    /// <summary>Wait after it refused them again; doubles up to <see cref="AuthBackoffMax"/>. Default 60 s: shorter can lock the account out.</summary>
    public Duration AuthBackoffMin { get; init; } = Duration.FromSeconds(60);

    /// <summary>Longest wait after refused credentials. Default 5 min.</summary>
    public Duration AuthBackoffMax { get; init; } = Duration.FromMinutes(5);

    /// <summary>
    /// How long the first access units of a connection, or after a jump of its timestamps, are held back to find out how late they are (see the time
    /// rule); up to 1 s while they come faster than they were taken. Default 300 ms, 0 to 2 s. More dates the run better, less shows the first
    /// picture earlier.
    /// </summary>
    public Duration SettleTime { get; init; } = Duration.FromMilliseconds(300);

    /// <summary>Most bytes of one access unit; a larger one is damage. Default 8 MiB, 64 KiB to 64 MiB.</summary>
    public int MaxAccessUnitBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// Most bytes kept since the last keyframe for new subscribers, per stream; beyond it the ring is emptied until the next keyframe.
    /// Default 32 MiB, 1 MiB to 1 GiB.
    /// </summary>
    public int MaxGopBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Every mistake, each naming its setting; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        InRange(nameof(ReadInterval), ReadInterval, Duration.FromMilliseconds(5), Duration.FromMilliseconds(200));
        InRange(nameof(ReceiveBufferBytes), ReceiveBufferBytes, 128 * 1024, 16 * 1024 * 1024);
        InRange(nameof(ConnectTimeout), ConnectTimeout, Duration.FromMilliseconds(100), Duration.FromSeconds(60));
        InRange(nameof(ResponseTimeout), ResponseTimeout, Duration.FromMilliseconds(100), Duration.FromSeconds(60));
        InRange(nameof(MediaTimeout), MediaTimeout, Duration.FromMilliseconds(100), Duration.FromSeconds(300));
        InRange(nameof(BackoffMin), BackoffMin, Duration.FromMilliseconds(1), BackoffMax);
        InRange(nameof(BackoffMax), BackoffMax, Duration.FromMilliseconds(1), Duration.FromHours(1));
        InRange(nameof(AuthFirstWait), AuthFirstWait, Duration.FromMilliseconds(1), AuthBackoffMax);
        InRange(nameof(AuthBackoffMin), AuthBackoffMin, Duration.FromMilliseconds(1), AuthBackoffMax);
        InRange(nameof(AuthBackoffMax), AuthBackoffMax, Duration.FromMilliseconds(1), Duration.FromHours(24));
        InRange(nameof(SettleTime), SettleTime, Duration.Zero, Duration.FromSeconds(2));
        InRange(nameof(MaxAccessUnitBytes), MaxAccessUnitBytes, 64 * 1024, 64 * 1024 * 1024);
        InRange(nameof(MaxGopBytes), MaxGopBytes, 1024 * 1024, 1024 * 1024 * 1024);
        return errors;

        void InRange<T>(string name, T value, T low, T high)
            where T : IComparable<T>
        {
            if (value.CompareTo(low) < 0 || value.CompareTo(high) > 0) errors.Add($"{name} is {value}, but must be from {low} to {high}.");
        }
    }
}
