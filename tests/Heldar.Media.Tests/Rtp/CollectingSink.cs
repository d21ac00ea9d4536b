using Heldar.Media.Rtp;
using Heldar.Media.Streams;

namespace Heldar.Media.Tests.Rtp;

/// <summary>Keeps copies of what a track produces.</summary>
internal sealed class CollectingSink : ITrackSink
{
    public List<(TrackKind Track, uint Timestamp, bool Key, byte[] Bytes)> Units { get; } = [];

    public List<VideoFormat> Formats { get; } = [];

    public List<int> Damages { get; } = [];

    /// <summary>What happened, in order: F, U, D.</summary>
    public string Order { get; private set; } = "";

    public void OnVideoFormat(VideoFormat format)
    {
        Formats.Add(format);
        Order += 'F';
    }

    public void OnUnit(in TrackUnit unit)
    {
        Units.Add((unit.Track, unit.RtpTimestamp, unit.IsKeyframe, unit.Block.Bytes.AsSpan(unit.Offset, unit.Length).ToArray()));
        Order += 'U';
    }

    public void OnDamage(int packetsLost)
    {
        Damages.Add(packetsLost);
        Order += 'D';
    }
}
