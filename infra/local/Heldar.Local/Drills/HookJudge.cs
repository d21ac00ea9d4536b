using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Local.FleetSim;
using NodaTime;

namespace Heldar.Local.Drills;

/// <summary>What the judge of deliveries found.</summary>
internal sealed record HookVerdict
{
    /// <summary>Events that a queue accepted, that were not to be refused, and that the endpoint wants.</summary>
    public int Expected { get; init; }

    /// <summary>Of these, events that no call told that the receiver took. Bar: 0.</summary>
    public int Lost { get; init; }

    /// <summary>Calls that the receiver took although it had taken one of the same <c>webhook-id</c>: delivery is at least once, so a kill between answer and bookkeeping may do that.</summary>
    public int Again { get; init; }

    /// <summary>Other <c>webhook-id</c>s of an event that had one: it was fanned out twice. Bar: 0.</summary>
    public int Second { get; init; }

    /// <summary>Calls that are not signed as they must be, or do not tell what was sent. Bar: 0.</summary>
    public int Wrong { get; init; }

    /// <summary>Calls that the receiver refused on purpose.</summary>
    public int Refused { get; init; }

    /// <summary>Ids of the events that are lost.</summary>
    public IReadOnlyList<string> LostEvents { get; init; } = [];

    /// <summary>The first findings of each kind, in words.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Every bar holds.</summary>
    public bool Ok => Lost + Second + Wrong == 0;
}

/// <summary>Compares what was sent with what one endpoint's receiver was told. Pure.</summary>
internal static class HookJudge
{
    private const string Tenant = "main";

    /// <param name="ledger">What was sent.</param>
    /// <param name="attempts">Every call that came to the receiver.</param>
    /// <param name="wanted">Types that the endpoint subscribed to.</param>
    public static HookVerdict Judge(SimLedger ledger, IReadOnlyCollection<HookAttempt> attempts, IReadOnlySet<string> wanted)
    {
        Findings lost = new("delivery lost"), second = new("delivered under a second id"), wrong = new("delivery wrong");
        Dictionary<string, SimLine> sent = ledger.Sent.ToDictionary(line => line.Event!, StringComparer.Ordinal);
        Dictionary<string, SimLine> expected = Expected(ledger, wanted).ToDictionary(line => line.Event!, StringComparer.Ordinal);
        foreach (HookAttempt one in attempts)
            if ((one.Fault ?? Mistake(one.Event!, sent, expected, ledger.Known)) is { } mistake) wrong.Add(1, $"{one.Id} {one.Event?.Type} {one.Event?.Id}: {mistake}");
        List<HookAttempt> believed = [.. attempts.Where(one => one.Fault is null)];
        foreach (var delivery in believed.GroupBy(one => one.Id, StringComparer.Ordinal).Where(calls => calls.DistinctBy(one => one.Event!.Id, StringComparer.Ordinal).Skip(1).Any()))
            wrong.Add(1, $"{delivery.Key} is the id of several events");
        foreach (var calls in believed.GroupBy(one => one.Event!.Id, StringComparer.Ordinal))
            if (calls.Select(one => one.Id).Distinct(StringComparer.Ordinal).ToList() is { Count: > 1 } ids) second.Add(ids.Count - 1, $"{calls.First().Event!.Type} {calls.Key} came as {string.Join(" and ", ids)}");
        List<HookAttempt> taken = [.. believed.Where(one => one.Taken)];
        HashSet<string> arrived = taken.Select(one => one.Event!.Id).ToHashSet(StringComparer.Ordinal);
        List<SimLine> missing = [.. expected.Values.Where(line => !arrived.Contains(line.Event!))];
        foreach (SimLine line in missing) lost.Add(1, $"{line.Type} {line.Event} of box {line.Box}");
        return new HookVerdict
        {
            Expected = expected.Count,
            Lost = lost.Count,
            Again = taken.Count - taken.DistinctBy(one => one.Id, StringComparer.Ordinal).Count(),
            Second = second.Count,
            Wrong = wrong.Count,
            Refused = believed.Count - taken.Count,
            LostEvents = [.. missing.Select(line => line.Event!)],
            Problems = [.. lost.Words, .. second.Words, .. wrong.Words],
        };
    }

    /// <summary>What has to be delivered.</summary>
    public static IEnumerable<SimLine> Expected(SimLedger ledger, IReadOnlySet<string> wanted) => ledger.Sent.Where(line => line.Outcome != SimOutcome.Refused && wanted.Contains(line.Type!));

    /// <summary>The source of an event of a simulated box's camera.</summary>
    public static string SourceOf(SimLine line) => EventSource.OfCamera(Tenant, TokenDesk.Site, line.Camera!.Value).ToString();

    private static string? Mistake(HookEvent told, Dictionary<string, SimLine> sent, Dictionary<string, SimLine> expected, IReadOnlySet<string> known)
    {
        // Of what a queue may have accepted without an answer nothing more is known.
        if (!sent.TryGetValue(told.Id, out SimLine? line)) return known.Contains(told.Id) ? null : "nobody sent it";
        if (!expected.ContainsKey(told.Id)) return line.Outcome == SimOutcome.Refused ? "it had to be refused" : "the endpoint does not want it";
        if (told.Type != line.Type) return $"it was sent as {line.Type}";
        if (told.Source != SourceOf(line)) return $"its source is {told.Source}";
        if (!InstantText.TryParse(told.Time, out Instant time) || time != line.Time) return $"its time is {told.Time}";
        using JsonDocument data = JsonDocument.Parse(line.Data!);
        return JsonElement.DeepEquals(told.Data, data.RootElement) ? null : $"its data is {told.Data.GetRawText()}, sent was {line.Data}";
    }
}
