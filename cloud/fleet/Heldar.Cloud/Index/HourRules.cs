using Dapper;
using Heldar.Cloud.Holds;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// What of an hour's segments the index keeps: the highest revision of each, without what deletions hide and no hold keeps. One rule for the fold and for the
/// build of a new version, so that both come to the same. Immutable.
/// </summary>
internal sealed class HourRules
{
    private readonly List<Hidden> _tombstones;
    private readonly List<HeldRange> _holds;

    private HourRules(string snapshot, List<Hidden> tombstones, List<HeldRange> holds) => (Snapshot, _tombstones, _holds) = (snapshot, tombstones, holds);

    /// <summary>What was committed when the deletions and holds were read (PostgreSQL's text of a snapshot): all that is visible in it was seen.</summary>
    public string Snapshot { get; }

    /// <summary>Highest revision of each segment; the same revision with another hash keeps the known one and is reported.</summary>
    public static (List<SegmentData> Kept, List<(SegmentData Late, SegmentData Known)> Conflicts) Merge(IEnumerable<SegmentData> known, IEnumerable<SegmentData> landed)
    {
        var kept = known.ToDictionary(s => s.Segment);
        List<(SegmentData, SegmentData)> conflicts = [];
        foreach (var late in landed)
        {
            if (!kept.TryGetValue(late.Segment, out var other) || late.Revision > other.Revision) kept[late.Segment] = late;
            else if (late.Revision == other.Revision && late.Sha256 != other.Sha256) conflicts.Add((late, other));
        }

        return ([.. kept.Values.OrderBy(s => s.Start)], conflicts);
    }

    /// <summary>Reads the deletions and holds of an hour.</summary>
    public static async Task<HourRules> ReadAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, SpanKey key)
    {
        var next = key.Hour + Duration.FromHours(1);
        // Before the rows are read: whatever is visible in it is among them.
        var snapshot = await connection.ExecuteScalarAsync<string>(command("select pg_current_snapshot()::text", new { }));
        var tombstones = (await connection.QueryAsync<Hidden>(command(
            $"select t.from_at, t.to_at, t.older_than, t.deleted_at from {Tombstones.Touching("@Tenant", "@Camera", "@Hour", "@next")}", new { key.Tenant, key.Camera, key.Hour, next }))).ToList();
        return new(snapshot!, tombstones, tombstones.Count == 0 ? [] : await HeldRanges.ReadAsync(connection, command, key.Tenant, key.Camera, key.Hour, next + LandingRow.MaxDuration));
    }

    /// <summary>Whether a segment stays: a hold that stood when the box deleted keeps the record of what it covers, whatever the box says.</summary>
    public bool Keeps(SegmentData segment) => !_tombstones.Exists(t => t.Hides(segment) && !_holds.Exists(h => h.Keeps(segment.Start, segment.End, t.DeletedAt)));

    private sealed record Hidden
    {
        public Instant FromAt { get; init; }

        public Instant ToAt { get; init; }

        public Guid OlderThan { get; init; }

        public Instant DeletedAt { get; init; }

        public bool Hides(SegmentData segment) => segment.Start >= FromAt && segment.Start < ToAt && RecordingCursor.Compare(segment.Segment, OlderThan) < 0;
    }
}
