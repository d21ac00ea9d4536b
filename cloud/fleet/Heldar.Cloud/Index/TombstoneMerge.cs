using System.Globalization;
using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Merges the deletions of a camera's day, days after they landed: a box that deletes by age tells sixty times an hour, and each must hide a segment that is told late, for
/// ever. What is merged hides what its parts hid, and of the moments between them those in which no known footage begins. Deletions that people asked for, that touch a
/// hold, or that some folded hour has not seen stay as they are. Idempotent; safe from many processes. Thread-safe.
/// </summary>
internal sealed class TombstoneMerge(NpgsqlDataSource database)
{
    /// <summary>Days, after the one that a deletion landed on, for which it stays as it came: a batch that is told again by then is known by its id.</summary>
    public const int Days = 3;

    /// <summary>Camera-days of one run; the next run goes on.</summary>
    private const int MaxGroups = 300;

    /// <summary>Rows that are looked at to find them.</summary>
    private const int LookedAt = 20_000;

    /// <summary>Reasons of deletions that go through footage from its oldest.</summary>
    private static readonly HashSet<string> Sweeps = new(StringComparer.Ordinal) { "age", "quota", "cap", "floor", "never_archived" };

    /// <summary>Longest stretch between two parts: a range ends with the begin of its last segment.</summary>
    private static readonly Duration Bridged = Duration.FromMinutes(10);

    /// <summary>Longest time between two deletions that become one.</summary>
    private static readonly Duration Together = Duration.FromHours(2);

    /// <summary>Merges what is old enough; the number of rows that are gone.</summary>
    public async Task<int> RunAsync(Instant now, CancellationToken cancellation)
    {
        var before = now.InUtc().Date.PlusDays(-Days).AtMidnight().InUtc().ToInstant();
        List<Group> groups;
        await using (var connection = await database.OpenConnectionAsync(cancellation))
        {
            groups = (await connection.QueryAsync<Group>(new CommandDefinition(
                """
                select distinct tenant, camera, date_trunc('day', from_at, 'UTC') as day
                from (select tenant, camera, from_at from tombstone where not settled and landed_at < @before order by landed_at limit @LookedAt) t limit @MaxGroups
                """,
                new { before, LookedAt, MaxGroups },
                cancellationToken: cancellation))).AsList();
        }

        var gone = 0;
        foreach (var group in groups) gone += await MergeAsync(group, before, cancellation);
        return gone;
    }

    private async Task<int> MergeAsync(Group group, Instant before, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var key = new { group.Tenant, group.Camera, group.Day, before, end = group.Day + Duration.FromDays(1), past = group.Day + Duration.FromDays(3) };
        const string Rows = "tenant = @Tenant and camera = @Camera and from_at >= @Day and from_at < @end and landed_at < @before";
        var parts = (await connection.QueryAsync<Part>(Command(
            $"select event_id, from_at, to_at, older_than, deleted_at, reason, segments, bytes, landed_at, landed_in::text as landed_in from tombstone where {Rows} and reach in (0, 1) order by from_at, to_at for update", key))).ToList();
        var busy = await connection.ExecuteScalarAsync<bool>(Command(
            """
            select exists (select 1 from hold where tenant = @Tenant and camera = @Camera and (placed_at is null or (from_at < @past and to_at > @Day - interval '1 hour')))
                or exists (select 1 from fold_due where tenant = @Tenant and camera = @Camera and hour < @past and hour > @Day - interval '1 hour')
                or exists (select 1 from fold_change where tenant = @Tenant and camera = @Camera and from_at < @past and to_at > @Day - interval '1 hour')
            """,
            key));
        var gone = 0;
        if (!busy && parts.Count > 1)
        {
            var known = await StartsAsync(connection, Command, key);
            foreach (var reason in parts.Where(p => Sweeps.Contains(p.Reason)).GroupBy(p => p.Reason, StringComparer.Ordinal))
                foreach (var one in Islands([.. reason], known).Where(i => i.Count > 1)) gone += await ReplaceAsync(connection, Command, group, one);
        }

        await connection.ExecuteAsync(Command($"update tombstone set settled = true where {Rows} and reach in (0, 1, 2) and not settled", key));
        await transaction.CommitAsync(cancellation);
        return gone;

        CommandDefinition Command(string sql, object values) => new(sql, values, transaction, cancellationToken: cancellation);
    }

    /// <summary>Ascending starts of the footage that the index knows in and after the day.</summary>
    private static async Task<List<Instant>> StartsAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, object key)
    {
        var lists = await connection.QueryAsync<(Instant Hour, byte[] Packed)>(command("select hour, packed from span_list where tenant = @Tenant and camera = @Camera and hour >= @Day and hour < @past", key));
        List<Instant> starts = [.. lists.SelectMany(l => PackedSpan.Decode(l.Packed).Select(s => l.Hour + Duration.FromMilliseconds(s.StartMs)))];
        starts.AddRange(await connection.QueryAsync<Instant>(command("select start_at from segment_landing where tenant = @Tenant and camera = @Camera and start_at >= @Day and start_at < @past", key)));
        starts.Sort();
        return starts;
    }

    /// <summary>Parts that may become one each: they follow each other, no known footage begins between them, and they were deleted at about the same time.</summary>
    internal static List<List<Part>> Islands(IReadOnlyList<Part> parts, List<Instant> known)
    {
        List<List<Part>> islands = [];
        var end = Instant.MinValue;
        foreach (var part in parts)
        {
            if (islands is [.., var last] && Joins(end, part.FromAt, known) && Near(last[^1], part))
            {
                last.Add(part);
                end = Instant.Max(end, part.ToAt);
                continue;
            }

            islands.Add([part]);
            end = part.ToAt;
        }

        return islands;
    }

    private static bool Near(Part one, Part other) => one.DeletedAt - other.DeletedAt < Together && other.DeletedAt - one.DeletedAt < Together;

    private static bool Joins(Instant end, Instant next, List<Instant> known)
    {
        if (next <= end) return true;
        if (next - end > Bridged) return false;
        var at = known.BinarySearch(end);
        if (at < 0) at = ~at;
        return at >= known.Count || known[at] >= next;
    }

    private static async Task<int> ReplaceAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, Group group, List<Part> parts)
    {
        var older = parts[0].OlderThan;
        foreach (var part in parts) if (RecordingCursor.Compare(part.OlderThan, older) > 0) older = part.OlderThan;
        await connection.ExecuteAsync(command(
            """
            delete from tombstone t using unnest(@froms, @events) as p (from_at, event_id) where t.tenant = @Tenant and t.camera = @Camera and t.from_at = p.from_at and t.event_id = p.event_id;
            insert into tombstone (tenant, camera, from_at, to_at, event_id, older_than, reason, segments, bytes, landed_at, landed_in, settled)
            values (@Tenant, @Camera, @from, @to, @event, @older, @reason, @segments, @bytes, @landed, @landedIn::xid8, true)
            """,
            new
            {
                group.Tenant,
                group.Camera,
                froms = parts.Select(p => p.FromAt.ToDateTimeUtc()).ToArray(),
                events = parts.Select(p => p.EventId).ToArray(),
                from = parts[0].FromAt,
                to = parts.Max(p => p.ToAt),
                @event = $"merged/{parts[0].EventId}",
                older,
                reason = parts[0].Reason,
                segments = parts.Sum(p => p.Segments),
                bytes = parts.Sum(p => p.Bytes),
                landed = parts.Max(p => p.LandedAt),
                landedIn = parts.Max(p => ulong.Parse(p.LandedIn, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture),
            }));
        return parts.Count - 1;
    }

    /// <summary>One deletion.</summary>
    internal sealed record Part
    {
        public string EventId { get; init; } = "";

        public Instant FromAt { get; init; }

        public Instant ToAt { get; init; }

        public Guid OlderThan { get; init; }

        public Instant DeletedAt { get; init; }

        public string Reason { get; init; } = "";

        public long Segments { get; init; }

        public long Bytes { get; init; }

        public Instant LandedAt { get; init; }

        public string LandedIn { get; init; } = "";
    }

    private sealed record Group
    {
        public string Tenant { get; init; } = "";

        public Guid Camera { get; init; }

        public Instant Day { get; init; }
    }
}
