using System.Diagnostics.Metrics;
using System.Text.Json;
using Heldar.Contracts.Events;

namespace Heldar.Edge.Gaps;

/// <summary>How much footage is missing, and why.</summary>
internal static class GapMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.Gaps");

    private static readonly Counter<long> Opened = Meter.CreateCounter<long>("heldar.gaps", null, "Gaps that began, by cause at that moment.");

    private static readonly Counter<double> Missing = Meter.CreateCounter<double>("heldar.gaps.missing", "s", "Footage that is missing in gaps that have ended, by cause.");

    public static void Began(GapCause cause) => Opened.Add(1, Tag(cause));

    public static void Ended(GapCause cause, double seconds) => Missing.Add(Math.Max(0, seconds), Tag(cause));

    private static KeyValuePair<string, object?> Tag(GapCause cause) => new("cause", JsonNamingPolicy.SnakeCaseLower.ConvertName(cause.ToString()));
}
