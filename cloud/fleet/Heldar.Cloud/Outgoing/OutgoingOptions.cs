namespace Heldar.Cloud.Outgoing;

/// <summary>Limits of calls to addresses that customers named.</summary>
public sealed record OutgoingOptions
{
    /// <summary>From the start of name resolution to the last byte of the answer. Longer lets a slow receiver hold a slot longer.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most bytes of an answer's body; what is larger is a failure.</summary>
    public int MaxAnswer { get; init; } = 64 * 1024;

    /// <summary>For development only: loopback addresses, and plain http to them. Everything else stays refused.</summary>
    public bool AllowLoopback { get; init; }
}
