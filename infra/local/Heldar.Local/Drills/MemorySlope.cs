namespace Heldar.Local.Drills;

/// <summary>Growth of memory by the estimator of Theil and Sen: the median of the slopes of all pairs. Garbage collections and single peaks do not move it.</summary>
internal static class MemorySlope
{
    private const double SecondsPerHour = 3600;
    private const int MostSamples = 1000;

    /// <summary>Slope in MB (10⁶ bytes) per hour; 0 with fewer than two samples. Of more than a thousand samples every n-th is taken.</summary>
    public static double MbPerHour(IReadOnlyList<(double Seconds, long Bytes)> samples)
    {
        int step = Math.Max(1, (samples.Count + MostSamples - 1) / MostSamples);
        List<(double Seconds, long Bytes)> taken = [.. samples.Where((_, index) => index % step == 0)];
        List<double> slopes = [];
        for (int a = 0; a < taken.Count; a++)
            for (int b = a + 1; b < taken.Count; b++)
                if (taken[b].Seconds > taken[a].Seconds) slopes.Add((taken[b].Bytes - taken[a].Bytes) / (taken[b].Seconds - taken[a].Seconds));
        if (slopes.Count == 0) return 0;
        slopes.Sort();
        return slopes[slopes.Count / 2] * SecondsPerHour / 1e6;
    }
}
