using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>A checked segment event on its way into <c>segment_landing</c>.</summary>
/// <param name="Box">The box that signed it.</param>
/// <param name="Data">The event's data.</param>
/// <param name="Sha256">32 bytes.</param>
/// <param name="Root">32 bytes.</param>
public sealed record LandingRow(Guid Box, SegmentData Data, byte[] Sha256, byte[] Root)
{
    /// <summary>Longest segment that the index takes.</summary>
    public static readonly Duration MaxDuration = Duration.FromMinutes(15);

    /// <summary>Bounds of a start: outside, a hostile box could make partitions without end.</summary>
    private static readonly Instant Earliest = Instant.FromUtc(2020, 1, 1, 0, 0);
    private static readonly Duration Ahead = Duration.FromDays(1);

    /// <summary>Whether the data makes sense; the reason when not.</summary>
    public static string? Check(SegmentData data, Instant now, out byte[] sha256, out byte[] root)
    {
        sha256 = root = [];
        if (data.Start < Earliest || data.Start > now + Ahead) return "start is before 2020 or more than a day ahead";
        if (data.Start.ToUnixTimeTicks() % NodaConstants.TicksPerMillisecond != 0 || data.End.ToUnixTimeTicks() % NodaConstants.TicksPerMillisecond != 0) return "start and end are whole milliseconds";
        if (data.Revision < 1) return "revision counts from 1";
        if (data.Segment.Version != 7) return "segment is not a UUIDv7";
        if (data.End < data.Start || data.End - data.Start > MaxDuration) return $"a segment lasts 0 to {MaxDuration.TotalMinutes} minutes";
        if (data.Bytes is < 0 or > 1L << 42) return "bytes is out of range";
        if (data.Frames < 0 || !EventRules.IsText(data.Codec, 64) || !EventRules.IsText(data.Reason, 64)) return "frames, codec or reason is out of range";
        if (!TryHash(data.Sha256, out sha256)) return "sha256 is not 64 lower-case hex digits";
        return TryHash(data.Root, out root) ? null : "root is not 64 lower-case hex digits";
    }

    private static bool TryHash(string text, out byte[] hash)
    {
        hash = [];
        if (!EventRules.IsSha256(text)) return false;
        hash = Convert.FromHexString(text);
        return true;
    }
}
