using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Replay;

/// <summary>An access unit from a camera's own storage. The bytes are valid until the next one is asked for; to keep them longer, retain <see cref="Block"/>.</summary>
/// <param name="Format">What the replay carries, from this unit on.</param>
/// <param name="Track">Video or audio.</param>
/// <param name="Time">When it was taken, by the camera's clock.</param>
/// <param name="Timestamp">RTP timestamp, unwrapped, in the track's clock.</param>
/// <param name="IsKeyframe">Decoding can start here. Always true for audio.</param>
/// <param name="Follows">Nothing is known to be missing between it and the video unit before: no loss, no end of a section, no discontinuity.</param>
/// <param name="Block">Holds the bytes.</param>
/// <param name="Offset">First byte within the block.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct ReplayUnit(
    StreamFormat Format, TrackKind Track, Instant Time, long Timestamp, bool IsKeyframe, bool Follows, MediaBlock Block, int Offset, int Length)
{
    public ReadOnlySpan<byte> Span => Block.Bytes.AsSpan(Offset, Length);
}

/// <summary>Why a replay ended.</summary>
public enum ReplayEnd
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>The end of the range was reached.</summary>
    Range,

    /// <summary>The camera has no more: it said so (T bit, RTCP BYE), or fell silent behind the end of a section.</summary>
    EndOfFootage,

    /// <summary>The camera closed the connection.</summary>
    Closed,

    /// <summary>Nothing came for the idle time.</summary>
    Silent,

    /// <summary>More bytes or more time than allowed.</summary>
    Limit,
}

/// <summary>A replay cannot be opened, or went on wrongly. The message is for people and never holds credentials.</summary>
public sealed class ReplayException(StreamFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public StreamFailure Failure { get; } = failure;
}
