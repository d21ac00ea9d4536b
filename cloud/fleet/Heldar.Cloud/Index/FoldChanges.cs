using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Puts changes of folded footage (<c>fold_change</c>) to the hours that have not seen them (<c>fold_due</c>). An hour waits until nothing more has changed of it for
/// a while: a box that deletes by age tells of each hour sixty times, and it is folded again once. Thread-safe.
/// </summary>
internal sealed class FoldChanges(NpgsqlDataSource database)
{
    /// <summary>
    /// Folds share it for their transaction, and who puts changes to hours, or deletes manifests, has it alone: a fold that read the deletions before a change landed has
    /// written its hour by then.
    /// </summary>
    internal const long LockId = 0x48454C44464F4C;

    /// <summary>As long after its last change an hour is folded again.</summary>
    public static readonly Duration Quiet = Duration.FromHours(1);

    /// <summary>At most as long after the first one, however often it changes.</summary>
    public static readonly Duration Longest = Duration.FromHours(6);

    private const int TakenAtOnce = 5000;

    /// <summary>A run goes on while there are more, for this many portions.</summary>
    private const int MaxPortions = 40;

    // An hour of which nothing is left goes at once, and so does what no hold keeps any more.
    private static readonly string Sql =
        $"""
        with taken as (
            delete from fold_change where id in (select id from fold_change order by id limit @TakenAtOnce for update skip locked)
            returning tenant, camera, from_at, to_at, released_at, landed_at, landed_in),
        unseen as (
            select s.tenant, s.camera, s.hour, s.box, c.from_at <= s.first_at and c.to_at >= s.last_at - interval '5 minutes' as whole
            from taken c join span s on s.tenant = c.tenant and s.camera = c.camera and s.hour > c.from_at - interval '1 hour' and s.hour < c.to_at
            where c.released_at is null and (c.landed_at >= s.folded_at or not pg_visible_in_snapshot(c.landed_in, s.folded_in))
            union all
            select s.tenant, s.camera, s.hour, s.box, true
            from taken c join span s on s.tenant = c.tenant and s.camera = c.camera and s.hour > c.from_at - interval '2 hours' and s.hour < c.to_at
            where c.released_at is not null and exists (
                select 1 from {Tombstones.Touching("s.tenant", "s.camera", "s.hour", "s.hour + interval '1 hour'")} where t.deleted_at >= c.released_at)),
        marked as (
            insert into fold_due as d (tenant, camera, hour, box, since, due_at)
            select tenant, camera, hour, box, @now, case when bool_or(whole) then @now else @later end from unseen group by tenant, camera, hour, box
            on conflict (tenant, camera, hour, box) do update
            set due_at = case when d.due_at <= @now or excluded.due_at <= @now then least(d.due_at, excluded.due_at) else least(excluded.due_at, d.since + @longest) end)
        select count(*) from taken
        """;

    /// <summary>Works the list off; what lands meanwhile may be left.</summary>
    /// <param name="now">What hours wait from.</param>
    /// <param name="cancellation">Gives up between two portions.</param>
    public async Task PutAsync(Instant now, CancellationToken cancellation)
    {
        for (var portion = 0; portion < MaxPortions; portion++)
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await connection.ExecuteAsync(Command("select pg_advisory_xact_lock(@LockId)", new { LockId }));
            // A statement of its own: it sees what those have written that were waited for.
            var taken = await connection.ExecuteScalarAsync<long>(Command(Sql, new { TakenAtOnce, now, later = now + Quiet, longest = Longest.ToTimeSpan() }));
            await transaction.CommitAsync(cancellation);
            if (taken < TakenAtOnce) return;

            CommandDefinition Command(string text, object values) => new(text, values, transaction, cancellationToken: cancellation);
        }
    }
}
