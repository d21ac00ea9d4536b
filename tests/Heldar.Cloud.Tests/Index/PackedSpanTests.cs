using Heldar.Cloud.Index;
using NodaTime;

namespace Heldar.Cloud.Tests.Index;

public sealed class PackedSpanTests
{
    private static readonly Instant Hour = Instant.FromUtc(2026, 11, 21, 4, 0);

    [Fact]
    public void Encode_IsDocumentedByteByByte() =>
        // start 1 ms = bit 42, duration 2 ms = bit 23, size 3 KiB.
        Assert.Equal([0x00, 0x00, 0x04, 0x00, 0x00, 0x80, 0x00, 0x03], PackedSpan.Encode([new(1, 2, 3)]));

    [Fact]
    public void Decode_GivesBackWhatWasEncoded_Sorted()
    {
        var random = new Random(7);
        var segments = Enumerable.Range(0, 500).Select(_ => new PackedSegment(random.Next(3_600_000), random.Next(PackedSpan.MaxDurationMs), random.Next(PackedSpan.MaxSizeKiB))).ToList();

        Assert.Equal(segments.OrderBy(s => s.StartMs).ThenBy(s => s.DurationMs), PackedSpan.Decode(PackedSpan.Encode(segments)));
    }

    [Fact]
    public void Of_CutsToItsLimits() => Assert.Equal(
        new PackedSegment(3_599_999, PackedSpan.MaxDurationMs, PackedSpan.MaxSizeKiB),
        PackedSpan.Of(Hour, Hour + Duration.FromMilliseconds(3_599_999), Hour + Duration.FromHours(9), long.MaxValue / 2));

    [Fact]
    public void Of_RefusesAStartOutsideTheHour() => Assert.Throws<ArgumentOutOfRangeException>(() => PackedSpan.Of(Hour, Hour + Duration.FromHours(1), Hour + Duration.FromHours(1), 1));

    [Fact]
    public void Decode_RefusesADamagedList() => Assert.Throws<InvalidDataException>(() => PackedSpan.Decode(new byte[9]));

    [Theory]
    [InlineData(-1, -3600)]
    [InlineData(0, 0)]
    [InlineData(3599, 0)]
    public void HourOf_FloorsAlsoBefore1970(long seconds, long hour) => Assert.Equal(Instant.FromUnixTimeSeconds(hour), PackedSpan.HourOf(Instant.FromUnixTimeSeconds(seconds)));
}
