namespace Heldar.Media.Rtp;

/// <summary>How a packet stands to the ones before it.</summary>
internal enum SequenceOrder
{
    /// <summary>The expected one.</summary>
    Next,

    /// <summary>Packets are missing before it.</summary>
    Gap,

    /// <summary>A duplicate, or older than what was already passed on: to be ignored.</summary>
    Late,

    /// <summary>The sender started anew: another source, or a far jump of the sequence that holds for two packets.</summary>
    Restart,
}

/// <summary>
/// Follows the sequence numbers of one RTP source (RFC 3550 appendix A.1) and keeps what a receiver report says about it (A.3, A.8).
/// No reordering: over TCP a packet that comes late is a fault of the camera.
/// </summary>
internal sealed class SequenceTracker
{
    private const int MaxDropout = 3000;

    private bool _started;
    private uint _base;
    private int _probe = -1;
    private uint _received;
    private uint _expectedBefore;
    private uint _receivedBefore;
    private double _transit;
    private bool _hasTransit;
    private double _jitter;

    /// <summary>SSRC of the packets.</summary>
    public uint Source { get; private set; }

    /// <summary>Cycles and highest sequence number.</summary>
    public uint Highest { get; private set; }

    /// <summary>Interarrival jitter in units of the RTP clock.</summary>
    public uint Jitter => (uint)Math.Min(_jitter, uint.MaxValue);

    public bool Started => _started;

    /// <param name="packet">The packet.</param>
    /// <param name="missing">Packets missing before it, for <see cref="SequenceOrder.Gap"/>.</param>
    public SequenceOrder Next(in RtpPacket packet, out int missing)
    {
        missing = 0;
        if (!_started)
        {
            Start(packet);
            return SequenceOrder.Next;
        }

        if (packet.Source != Source)
        {
            Start(packet);
            return SequenceOrder.Restart;
        }

        var ahead = (short)(ushort)(packet.Sequence - (ushort)Highest);
        if (ahead is > 0 and <= MaxDropout)
        {
            _probe = -1;
            Highest += (uint)ahead;
            _received++;
            missing = ahead - 1;
            return ahead == 1 ? SequenceOrder.Next : SequenceOrder.Gap;
        }

        if (packet.Sequence == _probe)
        {
            Start(packet);
            return SequenceOrder.Restart;
        }

        _probe = (ushort)(packet.Sequence + 1);
        return SequenceOrder.Late;
    }

    /// <summary>Feeds the jitter estimate.</summary>
    /// <param name="arrival">Arrival in units of the RTP clock, any origin.</param>
    /// <param name="timestamp">RTP timestamp.</param>
    public void Arrived(double arrival, uint timestamp)
    {
        var transit = arrival - timestamp;
        if (_hasTransit)
        {
            var difference = Math.Abs(transit - _transit);
            if (difference < 1 << 24) _jitter += (difference - _jitter) / 16;
        }

        _transit = transit;
        _hasTransit = true;
    }

    /// <summary>Loss since the last report and in all (RFC 3550 A.3).</summary>
    public (byte Fraction, int Cumulative) TakeLoss()
    {
        var expected = Highest - _base + 1;
        var expectedInterval = expected - _expectedBefore;
        var receivedInterval = _received - _receivedBefore;
        (_expectedBefore, _receivedBefore) = (expected, _received);
        var lostInterval = (long)expectedInterval - receivedInterval;
        var fraction = expectedInterval == 0 || lostInterval <= 0 ? 0 : (lostInterval << 8) / expectedInterval;
        return ((byte)Math.Min(fraction, 255), (int)Math.Clamp((long)expected - _received, -0x80_0000, 0x7F_FFFF));
    }

    private void Start(in RtpPacket packet)
    {
        _started = true;
        Source = packet.Source;
        _base = packet.Sequence;
        Highest = packet.Sequence;
        _received = 1;
        _probe = -1;
        (_expectedBefore, _receivedBefore) = (0, 0);
        _hasTransit = false;
    }
}
