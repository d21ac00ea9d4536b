using System.Diagnostics.Metrics;

namespace Heldar.Edge.Retention;

/// <summary>What was deleted, and why. Recorded when the row is gone.</summary>
internal static class RetentionMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.Retention");

    private static readonly Counter<long> Segments = Meter.CreateCounter<long>("heldar.retention.deleted_segments", null, "Segments deleted, by the rule that gave them up.");

    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>("heldar.retention.deleted", "By", "Their size.");

    public static void Deleted(string reason, IReadOnlyCollection<Candidate> gone)
    {
        if (gone.Count == 0) return;
        var why = new KeyValuePair<string, object?>("reason", reason);
        Segments.Add(gone.Count, why);
        Bytes.Add(gone.Sum(s => s.Bytes), why);
    }
}
