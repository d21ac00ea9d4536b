using Heldar.Contracts;
using Heldar.Contracts.Events;

namespace Heldar.Cloud.Webhooks;

/// <summary>Which events a subscription wants. What is absent passes everything; what is there must all be met.</summary>
public sealed record EventFilter
{
    /// <summary>Most entries of each list.</summary>
    public const int MaxEntries = 200;

    public IReadOnlyList<string>? Types { get; init; }

    public IReadOnlyList<string>? Sites { get; init; }

    public IReadOnlyList<Guid>? Cameras { get; init; }

    /// <summary>One of them must be among what was detected; events that detect nothing do not pass.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Ids of zones; events about no zone do not pass.</summary>
    public IReadOnlyList<string>? Zones { get; init; }

    public Severity? MinSeverity { get; init; }

    public WeekSchedule? Schedule { get; init; }

    /// <summary>Why it makes no sense, or null.</summary>
    public string? Mistake()
    {
        if (Wrong(Types, t => EventTypes.TryGet(t, out _) || t == WebhookNotices.Disabled)) return $"types has 1 to {MaxEntries} known event types";
        if (Wrong(Sites, Names.IsSlug)) return $"sites has 1 to {MaxEntries} site names";
        if (Wrong(Cameras, c => c != Guid.Empty)) return $"cameras has 1 to {MaxEntries} camera ids";
        if (Wrong(Labels, l => EventRules.IsText(l, 64))) return $"labels has 1 to {MaxEntries} labels";
        if (Wrong(Zones, z => EventRules.IsText(z, 64))) return $"zones has 1 to {MaxEntries} zone ids";
        return Schedule?.Mistake();
    }

    /// <summary>Whether events of a type may pass.</summary>
    public bool WantsType(string type) => Types is null || Types.Contains(type, StringComparer.Ordinal);

    /// <summary>Whether an event passes.</summary>
    internal bool Passes(EventFacts facts) =>
        WantsType(facts.Type)
        && (Sites is null || (facts.Site is not null && Sites.Contains(facts.Site, StringComparer.Ordinal)))
        && (Cameras is null || (facts.Camera is { } camera && Cameras.Contains(camera)))
        && (Labels is null || facts.Labels.Any(l => Labels.Contains(l, StringComparer.Ordinal)))
        && (Zones is null || (facts.Zone is not null && Zones.Contains(facts.Zone, StringComparer.Ordinal)))
        && (MinSeverity is not { } least || facts.Severity >= least)
        && (Schedule is null || Schedule.Contains(facts.Time, facts.TimeZone));

    private static bool Wrong<T>(IReadOnlyList<T>? list, Func<T, bool> good) => list is not null && (list.Count is 0 or > MaxEntries || !list.All(e => e is not null && good(e)));
}
