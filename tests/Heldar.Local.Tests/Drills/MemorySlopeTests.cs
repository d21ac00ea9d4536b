using Heldar.Local.Drills;

namespace Heldar.Local.Tests.Drills;

public sealed class MemorySlopeTests
{
    private static readonly Random Noise = new(7);

    [Fact]
    public void MbPerHour_FindsALeak_BelowNoiseAndPeaks() =>
        Assert.Equal(6, MemorySlope.MbPerHour([.. Samples(leak: 6)]), 0.5);

    [Fact]
    public void MbPerHour_IsNearZero_WhenMemoryOnlyBreathes() => Assert.Equal(0, MemorySlope.MbPerHour([.. Samples(leak: 0)]), 0.5);

    [Fact]
    public void MbPerHour_IsZero_WithoutTwoSamples() => Assert.Equal(0, MemorySlope.MbPerHour([(0, 5)]));

    /// <summary>Half an hour: 150 MB, ±1 MB of noise, and each 200 s a peak of 50 MB.</summary>
    private static IEnumerable<(double Seconds, long Bytes)> Samples(double leak) =>
        Enumerable.Range(0, 1800).Select(second => ((double)second, (long)(150e6 + (leak * 1e6 * second / 3600) + ((Noise.NextDouble() - 0.5) * 2e6) + (second % 200 == 0 ? 50e6 : 0))));
}
