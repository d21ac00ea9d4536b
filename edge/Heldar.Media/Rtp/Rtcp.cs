using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NodaTime;

namespace Heldar.Media.Rtp;

/// <summary>What a sender report says (RFC 3550 §6.4.1).</summary>
/// <param name="Source">SSRC.</param>
/// <param name="Ntp">64-bit NTP timestamp; 0 when the camera has no clock.</param>
/// <param name="Timestamp">The same instant as RTP timestamp.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SenderReport(uint Source, ulong Ntp, uint Timestamp)
{
    private const long EraSeconds = 1L << 32;
    private static readonly Instant NtpEpoch = Instant.FromUtc(1900, 1, 1, 0, 0);

    /// <summary>Wall time of the report; the NTP era (it wraps in 2036) is the one nearest to <paramref name="near"/>.</summary>
    public Instant TimeNear(Instant near)
    {
        var seconds = (long)(Ntp >> 32);
        var elapsed = (long)(near - NtpEpoch).TotalSeconds;
        seconds += EraSeconds * (long)Math.Round((elapsed - seconds) / (double)EraSeconds);
        return NtpEpoch + Duration.FromSeconds(seconds) + Duration.FromNanoseconds((long)((Ntp & 0xFFFF_FFFF) * 1_000_000_000UL >> 32));
    }
}

/// <summary>Reads sender reports and writes receiver reports.</summary>
internal static class Rtcp
{
    /// <summary>Bytes that <see cref="WriteReceiverReport"/> writes.</summary>
    public const int ReceiverReportLength = 32 + 16;

    private const int SenderReportType = 200;
    private const int ReceiverReportType = 201;
    private const int DescriptionType = 202;
    private const int ByeType = 203;

    /// <summary>Reads a compound packet; broken rests are ignored.</summary>
    /// <param name="compound">All bytes of the interleaved frame.</param>
    /// <param name="report">The sender report in it, if the result says so.</param>
    /// <param name="bye">The sender says goodbye.</param>
    public static bool TryRead(ReadOnlySpan<byte> compound, out SenderReport report, out bool bye)
    {
        report = default;
        bye = false;
        var found = false;
        while (compound.Length >= 4 && compound[0] >> 6 == 2)
        {
            var length = (BinaryPrimitives.ReadUInt16BigEndian(compound[2..]) + 1) * 4;
            if (length > compound.Length) break;
            if (compound[1] == SenderReportType && length >= 28)
            {
                report = new SenderReport(
                    BinaryPrimitives.ReadUInt32BigEndian(compound[4..]),
                    BinaryPrimitives.ReadUInt64BigEndian(compound[8..]),
                    BinaryPrimitives.ReadUInt32BigEndian(compound[16..]));
                found = true;
            }

            bye |= compound[1] == ByeType;
            compound = compound[length..];
        }

        return found;
    }

    /// <summary>A receiver report with one block, and an SDES CNAME behind it as RFC 3550 §6.1 asks for.</summary>
    /// <param name="to">At least <see cref="ReceiverReportLength"/> bytes.</param>
    /// <param name="self">Our SSRC.</param>
    /// <param name="tracker">The source reported on.</param>
    /// <param name="lastReport">Middle 32 bits of the newest sender report's NTP time; 0 without one.</param>
    /// <param name="delay">Time since it arrived, in 1/65536 s.</param>
    public static void WriteReceiverReport(Span<byte> to, uint self, SequenceTracker tracker, uint lastReport, uint delay)
    {
        var (fraction, cumulative) = tracker.TakeLoss();
        to[0] = 0x81;
        to[1] = ReceiverReportType;
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], 7);
        BinaryPrimitives.WriteUInt32BigEndian(to[4..], self);
        BinaryPrimitives.WriteUInt32BigEndian(to[8..], tracker.Source);
        BinaryPrimitives.WriteUInt32BigEndian(to[12..], ((uint)fraction << 24) | ((uint)cumulative & 0xFF_FFFF));
        BinaryPrimitives.WriteUInt32BigEndian(to[16..], tracker.Highest);
        BinaryPrimitives.WriteUInt32BigEndian(to[20..], tracker.Jitter);
        BinaryPrimitives.WriteUInt32BigEndian(to[24..], lastReport);
        BinaryPrimitives.WriteUInt32BigEndian(to[28..], delay);
        var description = to[32..];
        description[0] = 0x81;
        description[1] = DescriptionType;
        BinaryPrimitives.WriteUInt16BigEndian(description[2..], 3);
        BinaryPrimitives.WriteUInt32BigEndian(description[4..], self);
        description[8] = 1;
        description[9] = 4;
        "hldr"u8.CopyTo(description[10..]);
        description[14] = 0;
        description[15] = 0;
    }
}
