using System.Diagnostics.Metrics;

namespace Heldar.Edge.Storage;

/// <summary>What writing to volumes costs. Recorded on the volume's thread, per fragment and per sync; recording allocates nothing.</summary>
internal static class StorageMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.Storage");

    /// <summary>Seconds to hash, seal and write one fragment.</summary>
    public static readonly Histogram<double> FragmentWrite = Meter.CreateHistogram(
        "heldar.storage.fragment.write", "s", "Time to hash, seal and write one fragment.", advice: Buckets(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5));

    /// <summary>Seconds of one syncfs.</summary>
    public static readonly Histogram<double> Sync = Meter.CreateHistogram(
        "heldar.storage.sync", "s", "Time of one sync of a volume's file system.", advice: Buckets(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10));

    /// <summary>Seconds from the first file that is to be closed until all of them are sealed.</summary>
    public static readonly Histogram<double> Seal = Meter.CreateHistogram(
        "heldar.storage.seal", "s", "Time to close, sync and seal the segments that end together.", advice: Buckets(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10));

    public static readonly Counter<long> Bytes = Meter.CreateCounter<long>("heldar.storage.written", "By", "Bytes of fragments written.");

    public static readonly Counter<long> Segments = Meter.CreateCounter<long>("heldar.storage.segments.sealed", null, "Segments closed and sealed.");

    /// <summary>Fragments and segments that a full or stopping writer refused: footage is lost.</summary>
    public static readonly Counter<long> Refused = Meter.CreateCounter<long>("heldar.storage.refused", null, "Fragments and segments that a volume could not take.");

    public static readonly Counter<long> Failures = Meter.CreateCounter<long>("heldar.storage.failures", null, "Reads, writes and syncs of a volume that failed.");

    private static InstrumentAdvice<double> Buckets(params double[] bounds) => new() { HistogramBucketBoundaries = bounds };
}
