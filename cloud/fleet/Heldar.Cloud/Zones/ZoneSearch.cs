using Heldar.Cloud.Events;
using Heldar.Contracts.Api;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Zones;

/// <summary>Which zone events: those that all of what is given is true for. Words are those of the event's JSON, for example <c>cross_ab</c> and <c>critical</c>.</summary>
public sealed record ZoneFilter(IReadOnlyList<string>? Zones = null, IReadOnlyList<string>? Events = null, IReadOnlyList<string>? Labels = null, IReadOnlyList<string>? Severities = null);

/// <summary>Searches zone events of one tenant, the newest first. Thread-safe.</summary>
public sealed class ZoneSearch(NpgsqlDataSource database)
{
    private static readonly EventTable Table = new("zone_event", "e.box, e.zone, e.name, e.event as kind, e.track_id, e.label, e.confidence, e.severity, e.dwell_ms, e.snapshot", "at", "event_id", "text");

    /// <summary>One page. Throws <see cref="ArgumentException"/> for a query or cursor that makes no sense.</summary>
    public async Task<ZoneEventsPage> PageAsync(EventQuery query, ZoneFilter filter, string? cursor, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var page = await EventPages.ReadAsync<Row>(database, Table, query, Filters(filter), cursor, limit, cancellation);
        return new([.. page.Rows.Select(r => r.Item())], page.Cursor);
    }

    private static IEnumerable<EventFilter> Filters(ZoneFilter filter)
    {
        if (filter.Zones is { Count: > 0 } zones) yield return new("e.zone = any(@zones)", "zones", zones.ToArray());
        if (filter.Events is { Count: > 0 } events) yield return new("e.event = any(@events)", "events", events.ToArray());
        if (filter.Labels is { Count: > 0 } labels) yield return new("e.label = any(@labels)", "labels", labels.ToArray());
        if (filter.Severities is { Count: > 0 } severities) yield return new("e.severity = any(@severities)", "severities", severities.ToArray());
    }

    private sealed record Row : IEventRow
    {
        public Instant At { get; init; }

        public Guid Camera { get; init; }

        public string Id { get; init; } = "";

        public string Site { get; init; } = "";

        public string CameraName { get; init; } = "";

        public Guid Box { get; init; }

        public string Zone { get; init; } = "";

        public string Name { get; init; } = "";

        public string Kind { get; init; } = "";

        public string TrackId { get; init; } = "";

        public string Label { get; init; } = "";

        public double Confidence { get; init; }

        public string Severity { get; init; } = "";

        public long? DwellMs { get; init; }

        public Guid? Snapshot { get; init; }

        public ZoneEventItem Item() =>
            new(Id, Site, Camera, CameraName, Box, At, Zone, Name, Kind, TrackId, Label, Confidence, Severity) { DwellMs = DwellMs, Snapshot = Snapshot };
    }
}
