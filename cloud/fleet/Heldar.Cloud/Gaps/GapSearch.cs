using Heldar.Cloud.Events;
using Heldar.Contracts.Api;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Gaps;

/// <summary>Searches gaps of one tenant by their beginning, the newest first. Thread-safe.</summary>
public sealed class GapSearch(NpgsqlDataSource database)
{
    private static readonly EventTable Table = new("gap", "e.box, e.cause, e.revision, e.end_at as ended, e.detail", "start_at", "gap", "uuid", Day: false);

    /// <summary>
    /// One page, of the given causes (words of the event's JSON) if any are given; gaps that were refilled whole are not in it. Throws <see cref="ArgumentException"/>
    /// for a query or cursor that makes no sense.
    /// </summary>
    public async Task<GapsPage> PageAsync(EventQuery query, IReadOnlyList<string>? causes, string? cursor, int limit, CancellationToken cancellation)
    {
        List<EventFilter> filters = [new("e.end_at is distinct from e.start_at")];
        if (causes is { Count: > 0 }) filters.Add(new("e.cause = any(@causes)", "causes", causes.ToArray()));
        var page = await EventPages.ReadAsync<Row>(database, Table, query, filters, cursor, limit, cancellation);
        return new(
            [.. page.Rows.Select(r => new GapItem(Guid.Parse(r.Id), r.Site, r.Camera, r.CameraName, r.Box, r.At, r.Cause, r.Revision, r.Ended, r.Detail))],
            page.Cursor);
    }

    private sealed record Row : IEventRow
    {
        public Instant At { get; init; }

        public Guid Camera { get; init; }

        public string Id { get; init; } = "";

        public string Site { get; init; } = "";

        public string CameraName { get; init; } = "";

        public Guid Box { get; init; }

        public string Cause { get; init; } = "";

        public int Revision { get; init; }

        public Instant? Ended { get; init; }

        public string? Detail { get; init; }
    }
}
