using Heldar.Cloud.Events;
using Heldar.Contracts.Api;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Snapshots;

/// <summary>Searches stills of one tenant, the newest first. Thread-safe.</summary>
public sealed class SnapshotSearch(NpgsqlDataSource database)
{
    private static readonly EventTable Table = new("snapshot", "e.box, e.bytes, e.width, e.height, encode(e.sha256, 'hex') as sha256, e.reason", "taken_at", "snapshot", "uuid");

    /// <summary>One page, of the given reasons (words of the event's JSON) if any are given. Throws <see cref="ArgumentException"/> for a query or cursor that makes no sense.</summary>
    public async Task<SnapshotsPage> PageAsync(EventQuery query, IReadOnlyList<string>? reasons, string? cursor, int limit, CancellationToken cancellation)
    {
        EventFilter[] filters = reasons is { Count: > 0 } ? [new("e.reason = any(@reasons)", "reasons", reasons.ToArray())] : [];
        var page = await EventPages.ReadAsync<Row>(database, Table, query, filters, cursor, limit, cancellation);
        return new(
            [.. page.Rows.Select(r => new SnapshotItem(Guid.Parse(r.Id), r.Site, r.Camera, r.CameraName, r.Box, r.At, r.Bytes, r.Width, r.Height, r.Sha256, r.Reason))],
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

        public int Bytes { get; init; }

        public int Width { get; init; }

        public int Height { get; init; }

        public string Sha256 { get; init; } = "";

        public string Reason { get; init; } = "";
    }
}
