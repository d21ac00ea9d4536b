using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>Condition of a stream.</summary>
public enum StreamState
{
    /// <summary>First attempt under way; nothing is known yet.</summary>
    Connecting,

    /// <summary>Access units arrive.</summary>
    Streaming,

    /// <summary>The camera answers, but sends no media.</summary>
    Stalled,

    /// <summary>The camera cannot be reached or does not serve the stream; see the cause.</summary>
    Offline,

    /// <summary>The camera refused the credentials; retried at most once a minute, so that it does not lock the account.</summary>
    AuthFailed,
}

/// <summary>Immutable snapshot of a stream. Counters run since the session was opened.</summary>
public sealed record StreamStatus
{
    public required StreamState State { get; init; }

    /// <summary>Why <see cref="State"/> is not Streaming, in words, without credentials; null while streaming or not yet known.</summary>
    public string? Cause { get; init; }

    /// <summary>The same by kind.</summary>
    public StreamFailure Failure { get; init; }

    /// <summary>When <see cref="State"/> began.</summary>
    public required Instant Since { get; init; }

    /// <summary>Newest format; null until the first keyframe.</summary>
    public StreamFormat? Format { get; init; }

    /// <summary>Video access units published.</summary>
    public long Frames { get; init; }

    /// <summary>Audio access units published.</summary>
    public long AudioUnits { get; init; }

    /// <summary>Arrival of the newest audio access unit; null before the first.</summary>
    public Instant? LastAudioAt { get; init; }

    /// <summary>Bytes of all access units published.</summary>
    public long Bytes { get; init; }

    /// <summary>RTP packets missing by sequence number, plus packets that were broken.</summary>
    public long PacketsLost { get; init; }

    /// <summary>Video access units per second over the last seconds; 0 when not streaming.</summary>
    public double Fps { get; init; }

    /// <summary>Bits per second of access units over the last seconds; 0 when not streaming.</summary>
    public long BitsPerSecond { get; init; }

    /// <summary>Arrival of the newest video access unit.</summary>
    public Instant? LastMediaAt { get; init; }

    /// <summary>Camera clock minus box clock by the newest RTCP sender report; null without one.</summary>
    public Duration? CameraOffset { get; init; }

    /// <summary>Attempts after the first one.</summary>
    public int Reconnects { get; init; }

    /// <summary>Subscribers that threw and were unsubscribed.</summary>
    public int SubscriberFaults { get; init; }
}
