using Heldar.Media.Streams;

namespace Heldar.Media.Rtp;

/// <summary>
/// RTP packets of a video track to whole access units. A unit ends with the marker bit; when the camera sets none, with the next timestamp, or when
/// the camera rests.
/// After a loss nothing is passed on until a whole keyframe. Ingest thread only.
/// </summary>
internal sealed class VideoTrack : RtpTrack
{
    private readonly AccessUnitBuilder _builder;
    private readonly ParameterSets _sets;
    private readonly NalDepacketiser _depacketiser;
    private readonly ITrackSink _sink;
    private VideoFormat? _format;
    private uint _timestamp;
    private bool _inUnit;
    private bool _markerMissing;
    private bool _rested;
    private bool _damaged;
    private bool _afterGap = true;
    private bool _awaitKeyframe = true;

    public VideoTrack(MediaCodec codec, int payloadType, IEnumerable<byte[]> parameterSets, AccessUnitBuilder builder, ITrackSink sink)
        : base(payloadType, VideoFormat.ClockRate)
    {
        _builder = builder;
        _sink = sink;
        _sets = new ParameterSets(codec);
        foreach (var set in parameterSets) _sets.Offer(set);
        _depacketiser = codec == MediaCodec.H264 ? new H264Depacketiser(builder, _sets) : new H265Depacketiser(builder, _sets);
    }

    /// <summary>Access units seen, also those that were damaged or came before a keyframe: the camera is sending.</summary>
    public long Units { get; private set; }

    /// <summary>No packet has come for a while: a picture of a camera that sets no markers is whole by now, and shall not wait for the next.</summary>
    public void Rest()
    {
        if (!_inUnit || !_markerMissing || _damaged || _depacketiser.IsOpen || !_depacketiser.HasPicture) return;
        Finish(complete: true);
        _rested = true;
    }

    public override void Dispose() => _builder.Dispose();

    protected override void OnPacket(in RtpPacket packet)
    {
        if (_inUnit && packet.Timestamp != _timestamp)
        {
            _markerMissing = true;
            Finish(complete: true);
        }

        if (!_inUnit)
        {
            // The picture was not whole after all.
            var late = _rested && packet.Timestamp == _timestamp;
            (_inUnit, _rested, _timestamp) = (true, false, packet.Timestamp);
            if (late) Break();
        }

        if (!_damaged && !_depacketiser.Packet(packet.Payload)) Break();
        if (!packet.Marker) return;
        _markerMissing = false;
        Finish(complete: false);
    }

    protected override void OnGap(in RtpPacket packet, int missing)
    {
        // The unit in progress lost its end, and the one of this packet perhaps its start.
        if (_inUnit && packet.Timestamp == _timestamp)
        {
            _damaged = true;
            _builder.Discard();
        }
        else
        {
            Reset();
        }

        _afterGap = true;
        _awaitKeyframe = true;
        _sink.OnDamage(missing);
    }

    protected override void OnBroken() => Break();

    private void Break()
    {
        _damaged = true;
        _builder.Discard();
        Broken++;
        if (!_awaitKeyframe) _sink.OnDamage(0);
        _awaitKeyframe = true;
    }

    /// <param name="complete">The next timestamp has begun; otherwise the marker says that the unit ends.</param>
    private void Finish(bool complete)
    {
        if (!_damaged && _depacketiser.IsOpen) Break();
        // Some cameras set the marker on parameter sets or SEI of their own: the picture is still to come.
        if (!_damaged && !_depacketiser.HasPicture && !complete) return;
        if (_damaged || _depacketiser.HasPicture) Units++;
        if (!_damaged && _depacketiser.HasPicture) Publish();
        Reset();
    }

    private void Publish()
    {
        if (_afterGap && !_depacketiser.StartsPicture)
        {
            _awaitKeyframe = true;
            return;
        }

        _afterGap = false;
        var key = _depacketiser.IsKeyframe;
        if (!key && _awaitKeyframe) return;
        if (key && !Refresh()) return;
        _awaitKeyframe = false;
        var (block, offset, length) = _builder.Complete();
        _sink.OnUnit(new TrackUnit(TrackKind.Video, _timestamp, key, block, offset, length));
    }

    /// <summary>Announces a new format before its keyframe. False while no format is known.</summary>
    private bool Refresh()
    {
        if (!_sets.Dirty) return _format is not null;
        if (_sets.Build() is not { } format) return _format is not null;
        if (format.Equals(_format)) return true;
        _format = format;
        _sink.OnVideoFormat(format);
        return true;
    }

    private void Reset()
    {
        _builder.Discard();
        _depacketiser.StartUnit();
        _inUnit = false;
        _damaged = false;
    }
}
