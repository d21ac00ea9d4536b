using System.Diagnostics.Metrics;

namespace Heldar.Edge.Recorder;

/// <summary>How far recorders are behind the clock. Recorded on the ingest thread, per fragment; recording allocates nothing.</summary>
internal static class RecorderMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.Recorder");

    /// <summary>Seconds between the end of a fragment's media and the moment that it is handed to its volume.</summary>
    public static readonly Histogram<double> Lag = Meter.CreateHistogram(
        "heldar.recorder.ingest.lag", "s", "Time from the end of a fragment's media to its hand-over to the volume.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30] });
}
