using System.Diagnostics.Metrics;

namespace Heldar.Edge.Recovery;

/// <summary>What was found that nobody knows.</summary>
internal static class RecoveryMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.Recovery");

    public static readonly Counter<long> Quarantined = Meter.CreateCounter<long>("heldar.recovery.quarantined", null, "Files that neither the index nor a seal knew, moved to quarantine while the box ran.");
}
