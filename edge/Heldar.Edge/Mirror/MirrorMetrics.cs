using System.Diagnostics.Metrics;

namespace Heldar.Edge.Mirror;

/// <summary>What the mirror and the scrub do. How far the mirror is behind is a state, which the room Metrics samples.</summary>
internal static class MirrorMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.Mirror");

    private static readonly Counter<long> Late = Meter.CreateCounter<long>("heldar.mirror.caught_up", "By", "Footage copied to the mirror after it had closed.");

    private static readonly Counter<long> Found = Meter.CreateCounter<long>("heldar.mirror.damaged", null, "Stored files that were found damaged or missing, by side.");

    private static readonly Counter<long> Back = Meter.CreateCounter<long>("heldar.mirror.restored", null, "Segments restored from the mirror.");

    private static readonly Counter<long> Read = Meter.CreateCounter<long>("heldar.mirror.scrubbed", "By", "Stored footage that the scrub read again.");

    public static void CaughtUp(long bytes) => Late.Add(bytes);

    public static void Damaged(string side) => Found.Add(1, new KeyValuePair<string, object?>("side", side));

    public static void Restored() => Back.Add(1);

    public static void Scrubbed(long bytes) => Read.Add(bytes);
}
