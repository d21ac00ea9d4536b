using System.Diagnostics.Metrics;

namespace Heldar.Edge.Uplink;

/// <summary>What sending costs. Recorded by the sender's loop, per message.</summary>
internal static class UplinkMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.Uplink");

    /// <summary>Seconds of one message with its staged body, by result.</summary>
    public static readonly Histogram<double> Put = Meter.CreateHistogram(
        "heldar.uplink.put", "s", "Time to put one message, its staged body included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20] });
}
