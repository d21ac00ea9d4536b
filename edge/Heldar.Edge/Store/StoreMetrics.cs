using System.Diagnostics.Metrics;

namespace Heldar.Edge.Store;

/// <summary>What the database costs. Recorded by the writer loop, once per group.</summary>
internal static class StoreMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.Store");

    /// <summary>Seconds of one transaction, commit included.</summary>
    public static readonly Histogram<double> Commit = Meter.CreateHistogram(
        "heldar.store.commit", "s", "Time of one group of works, commit included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });

    public static readonly Counter<long> Works = Meter.CreateCounter<long>("heldar.store.works", null, "Works that were committed.");

    public static readonly Counter<long> Failures = Meter.CreateCounter<long>("heldar.store.failures", null, "Works and groups that failed.");
}
