using NodaTime;

namespace Heldar.Cloud.Outgoing;

/// <summary>Why there is no answer.</summary>
public enum OutgoingFailure
{
    /// <summary>The URL or an address that its name resolves to is none that may be called.</summary>
    Refused = 0,

    /// <summary>The name does not resolve.</summary>
    NoSuchHost = 1,

    /// <summary>Nobody accepts the connection, or it broke.</summary>
    Connection = 2,

    /// <summary>The certificate is not the host's, or the handshake failed.</summary>
    Tls = 3,

    /// <summary>Not done within the total time.</summary>
    Timeout = 4,

    /// <summary>The answer is larger than allowed.</summary>
    TooLarge = 5,

    /// <summary>What came is no HTTP.</summary>
    Protocol = 6,
}

/// <summary>What came of one call: an answer or a failure.</summary>
/// <param name="Status">HTTP status; null with a failure.</param>
/// <param name="Body">The answer's body.</param>
/// <param name="RetryAfter">How long the receiver asks to wait (RFC 9110 §10.2.3), where it says so.</param>
/// <param name="Failure">Why there is no whole answer.</param>
/// <param name="Detail">For people.</param>
public sealed record OutgoingAnswer(int? Status, byte[] Body, Duration? RetryAfter, OutgoingFailure? Failure, string? Detail)
{
    /// <summary>A call that failed.</summary>
    public static OutgoingAnswer Failed(OutgoingFailure failure, string detail) => new(null, [], null, failure, detail);

    /// <summary>Whether the status is 2xx.</summary>
    public bool IsGood => Status is >= 200 and < 300;
}
