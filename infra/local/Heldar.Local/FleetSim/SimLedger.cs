using Heldar.Contracts.Events;

namespace Heldar.Local.FleetSim;

/// <summary>One accepted batch.</summary>
internal readonly record struct SentBatch(Guid Box, EventClass Class, string Epoch, long Seq);

/// <summary>What the log says: everything that must be in the index, and everything that may be. Immutable.</summary>
internal sealed class SimLedger
{
    private SimLedger(IReadOnlyList<SimLine> sent, IReadOnlySet<SentBatch> batches, IReadOnlySet<string> known, IReadOnlyDictionary<string, NodaTime.Instant> firstPuts)
    {
        (Sent, Batches, Known, FirstPuts) = (sent, batches, known, firstPuts);
        Boxes = [.. batches.Select(b => b.Box).Distinct()];
        Cameras = [.. sent.Where(l => l.Camera is not null).Select(l => l.Camera!.Value).Distinct()];
    }

    /// <summary>Events whose batch a queue accepted, once each.</summary>
    public IReadOnlyList<SimLine> Sent { get; }

    public IReadOnlySet<SentBatch> Batches { get; }

    /// <summary>Ids of all events that were tried, accepted or not: the answer to a put may be lost.</summary>
    public IReadOnlySet<string> Known { get; }

    /// <summary>When an event was put for the first time, by its id.</summary>
    public IReadOnlyDictionary<string, NodaTime.Instant> FirstPuts { get; }

    public IReadOnlyList<Guid> Boxes { get; }

    public IReadOnlyList<Guid> Cameras { get; }

    public static SimLedger Of(IEnumerable<SimLine> lines)
    {
        List<SimLine> events = [];
        HashSet<SentBatch> batches = [];
        foreach (SimLine line in lines)
        {
            if (line.Kind == "event") events.Add(line);
            else if (line.Kind == "accepted") batches.Add(BatchOf(line));
        }

        List<SimLine> sent = [.. events.Where(e => batches.Contains(BatchOf(e)))];
        return new SimLedger(
            sent, batches, events.Select(e => e.Event!).ToHashSet(StringComparer.Ordinal), sent.ToDictionary(e => e.Event!, e => e.At, StringComparer.Ordinal));
    }

    private static SentBatch BatchOf(SimLine line) => new(line.Box!.Value, line.Class!.Value, line.Epoch!, line.Batch!.Value);
}
