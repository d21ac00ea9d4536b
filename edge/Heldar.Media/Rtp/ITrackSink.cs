using Heldar.Media.Streams;

namespace Heldar.Media.Rtp;

/// <summary>Takes what the tracks of a connection produce, in order, on the ingest thread.</summary>
internal interface ITrackSink
{
    /// <summary>The format of the video access units that follow; before the first and at each change.</summary>
    void OnVideoFormat(VideoFormat format);

    /// <summary>A complete access unit. The block is lent for the call.</summary>
    void OnUnit(in TrackUnit unit);

    /// <summary>Video was lost; only a keyframe follows.</summary>
    void OnDamage(int packetsLost);
}

/// <summary>An access unit before the time rule.</summary>
/// <param name="Track">Video or audio.</param>
/// <param name="RtpTimestamp">As the packet has it.</param>
/// <param name="IsKeyframe">Decoding can start here.</param>
/// <param name="Block">Holds the bytes.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct TrackUnit(TrackKind Track, uint RtpTimestamp, bool IsKeyframe, MediaBlock Block, int Offset, int Length);
