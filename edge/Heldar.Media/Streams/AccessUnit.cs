using NodaTime;

namespace Heldar.Media.Streams;

/// <summary>
/// One access unit: a coded picture with its NAL units each behind a 4-byte big-endian length (ISO 14496-15), an AAC frame, or a packet of
/// G.711 samples. The bytes are valid while the caller of the subscriber runs; to keep them longer, retain <see cref="Block"/>.
/// </summary>
/// <param name="Track">Video or audio.</param>
/// <param name="Timestamp">Presentation time in units of the track's clock, unwrapped to 64 bits, counted from an arbitrary origin per run.</param>
/// <param name="Time">Presentation time in UTC by the time rule (box clock, slewed at most 500 ppm within a run).</param>
/// <param name="IsKeyframe">Decoding can start here (IDR, or IRAP for H.265). Always true for audio.</param>
/// <param name="Block">Holds the bytes.</param>
/// <param name="Offset">First byte within the block.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct AccessUnit(TrackKind Track, long Timestamp, Instant Time, bool IsKeyframe, MediaBlock Block, int Offset, int Length)
{
    public ReadOnlyMemory<byte> Memory => Block.Bytes.AsMemory(Offset, Length);

    public ReadOnlySpan<byte> Span => Block.Bytes.AsSpan(Offset, Length);
}

/// <summary>Why a new run starts.</summary>
public enum RunReason
{
    /// <summary>First media after a connect.</summary>
    Connected,

    /// <summary>The camera's timestamps jumped, or its clock runs so far off that slewing at 500 ppm cannot follow.</summary>
    TimestampJump,

    /// <summary>The box's own clock was stepped.</summary>
    ClockStep,
}

/// <summary>A run: one unbroken timeline of one stream. Segments of one run never overlap.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Reason">Why it started.</param>
/// <param name="Started">UTC of its first access unit.</param>
public sealed record StreamRun(Guid Id, RunReason Reason, Instant Started);

/// <summary>Why media stopped; also the cause of the gap that follows.</summary>
public enum StreamLoss
{
    /// <summary>Stopped on request.</summary>
    Stopped,

    /// <summary>The camera cannot be reached, or closed the connection.</summary>
    Unreachable,

    /// <summary>The camera refused the credentials.</summary>
    AuthFailed,

    /// <summary>Connected, but no media for the watchdog's time.</summary>
    Stalled,

    /// <summary>The camera speaks, but not in a way that can be recorded.</summary>
    Protocol,
}

/// <summary>
/// Receives one stream. Called on the ingest thread, one call at a time per stream; it must not block, wait or throw: a subscriber that cannot
/// keep up drops its own data. Order: OnRun, OnFormat, then access units; OnFormat again before the first access unit of a changed format
/// (always a keyframe); OnLost when media stops, followed by OnRun and OnFormat when it returns.
/// </summary>
public interface IStreamSubscriber
{
    void OnRun(StreamRun run);

    void OnFormat(StreamFormat format);

    void OnAccessUnit(in AccessUnit unit);

    /// <summary>Access units were lost (a gap in RTP sequence numbers, or a damaged unit); video resumes at the next keyframe.</summary>
    void OnDamage(int packetsLost);

    void OnLost(StreamLoss loss, string cause);

    /// <summary>Camera clock minus box clock by the newest RTCP sender report (RFC 3550 §6.4.1).</summary>
    void OnCameraOffset(Duration offset);

    /// <summary>
    /// Time passes: called after every read, about every 40 ms while a run is open, also when nothing arrives. For subscribers that bound how long
    /// they hold media back.
    /// </summary>
    /// <param name="monotonic">Since any origin, never stepped.</param>
    void OnTime(Duration monotonic)
    {
    }

    /// <summary>
    /// It threw, against what it promised, and gets no more of this subscription; it may subscribe anew, but not from within this call, which must neither wait nor throw.
    /// </summary>
    /// <param name="error">What it threw.</param>
    void OnFault(Exception error)
    {
    }
}
