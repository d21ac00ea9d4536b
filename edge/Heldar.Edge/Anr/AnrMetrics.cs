using System.Diagnostics.Metrics;
using System.Text.Json;
using Heldar.Media.Streams;

namespace Heldar.Edge.Anr;

/// <summary>How much footage was asked back from the cameras' own storage, how much came, and why not all. Recorded with each try.</summary>
internal static class AnrMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.Anr");

    private static readonly Counter<long> Wanted = Meter.CreateCounter<long>("heldar.anr.gaps", null, "Gaps that were asked for in a camera's own storage, each counted once.");

    private static readonly Counter<long> Filled = Meter.CreateCounter<long>("heldar.anr.gaps_filled", null, "Gaps that are whole again.");

    private static readonly Counter<double> Refilled = Meter.CreateCounter<double>("heldar.anr.refilled", "s", "Footage that came back.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>("heldar.anr.failures", null, "Tries that ended early, by reason; box is one of the box's own.");

    /// <summary>Counts one try.</summary>
    /// <param name="isFirst">The gap was not asked for before.</param>
    /// <param name="isWhole">Nothing of it is missing any more.</param>
    /// <param name="seconds">What this try brought.</param>
    /// <param name="failure">Why it ended early; null when the camera gave what it has.</param>
    public static void Tried(bool isFirst, bool isWhole, double seconds, StreamFailure? failure)
    {
        if (isFirst) Wanted.Add(1);
        if (isWhole) Filled.Add(1);
        Refilled.Add(Math.Max(0, seconds));
        if (failure is { } why) Failures.Add(1, new KeyValuePair<string, object?>("reason", why == StreamFailure.None ? "box" : JsonNamingPolicy.SnakeCaseLower.ConvertName(why.ToString())));
    }
}
