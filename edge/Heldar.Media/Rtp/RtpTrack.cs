namespace Heldar.Media.Rtp;

/// <summary>One RTP source of a connection: sequence, loss, sender reports. Ingest thread only.</summary>
/// <param name="payloadType">The type that carries the track; others on the channel are ignored.</param>
/// <param name="clockRate">RTP clock in Hz.</param>
internal abstract class RtpTrack(int payloadType, int clockRate) : IDisposable
{
    public int ClockRate => clockRate;

    public SequenceTracker Sequence { get; } = new();

    /// <summary>Packets missing by sequence number.</summary>
    public long Lost { get; private set; }

    /// <summary>Packets or units that were malformed.</summary>
    public long Broken { get; protected set; }

    /// <summary>The newest sender report.</summary>
    public SenderReport? Report { get; set; }

    /// <summary>When it arrived, in nanoseconds of monotonic time.</summary>
    public long ReportedAt { get; set; }

    /// <summary>Feeds one RTP packet.</summary>
    /// <param name="bytes">The interleaved frame's body.</param>
    /// <param name="arrival">Monotonic time of the read, in seconds.</param>
    public void Receive(ReadOnlySpan<byte> bytes, double arrival)
    {
        if (!RtpPacket.TryParse(bytes, out var packet))
        {
            OnBroken();
            return;
        }

        if (packet.PayloadType != payloadType || packet.Payload.IsEmpty)
        {
            if (Sequence.Started && packet.Source == Sequence.Source) Follow(packet);
            return;
        }

        if (!Follow(packet)) return;
        Sequence.Arrived(arrival * clockRate, packet.Timestamp);
        OnPacket(packet);
    }

    public abstract void Dispose();

    protected abstract void OnPacket(in RtpPacket packet);

    protected abstract void OnGap(in RtpPacket packet, int missing);

    protected abstract void OnBroken();

    private bool Follow(in RtpPacket packet)
    {
        switch (Sequence.Next(packet, out var missing))
        {
            case SequenceOrder.Late:
                return false;
            case SequenceOrder.Gap:
                Lost += missing;
                OnGap(packet, missing);
                return true;
            case SequenceOrder.Restart:
                Report = null;
                OnGap(packet, 0);
                return true;
            default:
                return true;
        }
    }
}
