using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>Camera-hours to be folded now, those that never failed first, then the oldest.</summary>
/// <param name="Hours">At most as many as were asked for.</param>
/// <param name="Waiting">How many there are.</param>
internal sealed record FoldPortion(IReadOnlyList<SpanKey> Hours, long Waiting);

/// <summary>
/// Says which camera-hours are to be folded: closed ones with rows in landing, and folded ones that have not seen a deletion. An hour that cannot be folded waits ever
/// longer and stands behind all others, so that however many there are they keep no other from being folded. Thread-safe.
/// </summary>
internal sealed class FoldList(NpgsqlDataSource database)
{
    /// <summary>Longest time between two tries of an hour that fails.</summary>
    public static readonly Duration MaxDelay = Duration.FromHours(6);

    private const int MaxCause = 500;

    /// <summary>Closed hours that have rows in landing.</summary>
    /// <param name="closed">Hours that begin before this are closed.</param>
    /// <param name="now">Of those that failed, the ones that are due by then.</param>
    /// <param name="most">Most hours.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<FoldPortion> LandedAsync(Instant closed, Instant now, int most, CancellationToken cancellation) => ReadAsync(
        """
        select w.tenant, w.camera, w.box, w.hour, count(*) over () as waiting
        from (select distinct tenant, camera, box, date_trunc('hour', start_at, 'UTC') as hour from segment_landing where start_at < @closed) w
        left join fold_failure f on f.tenant = w.tenant and f.camera = w.camera and f.hour = w.hour and f.box = w.box
        where f.due_at is null or f.due_at <= @now
        order by coalesce(f.failures, 0), w.hour, w.tenant, w.camera, w.box limit @most
        """,
        new { closed, now, most },
        cancellation);

    /// <summary>Folded hours whose changes are to be seen now.</summary>
    public Task<FoldPortion> ChangedAsync(Instant now, int most, CancellationToken cancellation) => ReadAsync(
        """
        select d.tenant, d.camera, d.box, d.hour, count(*) over () as waiting from fold_due d
        left join fold_failure f on f.tenant = d.tenant and f.camera = d.camera and f.hour = d.hour and f.box = d.box
        where d.due_at <= @now and (f.due_at is null or f.due_at <= @now)
        order by coalesce(f.failures, 0), d.due_at, d.tenant, d.camera, d.hour, d.box limit @most
        """,
        new { now, most },
        cancellation);

    /// <summary>Takes an hour off the lists, in the transaction that folds it.</summary>
    public static Task<int> DoneAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, SpanKey key) => connection.ExecuteAsync(command(
        """
        delete from fold_due where tenant = @Tenant and camera = @Camera and hour = @Hour and box = @Box;
        delete from fold_failure where tenant = @Tenant and camera = @Camera and hour = @Hour and box = @Box
        """,
        key));

    /// <summary>Puts an hour off that could not be folded. The coverage ledger counts it anew: it takes off what was deleted even though the span still lists it.</summary>
    public async Task FailedAsync(SpanKey key, Instant now, string cause, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var failures = await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            """
            insert into fold_failure as f (tenant, camera, hour, box, failures, cause, since, due_at) values (@Tenant, @Camera, @Hour, @Box, 1, @cause, @now, @now + interval '1 minute')
            on conflict (tenant, camera, hour, box) do update
            set failures = f.failures + 1, cause = excluded.cause, due_at = @now + least(@longest, interval '1 minute' * power(2, least(f.failures, 20)))
            returning failures
            """,
            new { key.Tenant, key.Camera, key.Hour, key.Box, now, cause = cause.Length <= MaxCause ? cause : cause[..MaxCause], longest = MaxDelay.ToTimeSpan() },
            transaction,
            cancellationToken: cancellation));
        if (failures == 1) await connection.ExecuteAsync(new CommandDefinition("insert into coverage_due (tenant, camera, from_at, to_at) values (@Tenant, @Camera, @Hour, @Hour + interval '2 hours')", key, transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Notes what a run left. <c>behind_since</c> stays as it is while runs leave work.</summary>
    public async Task<FoldLeft> NoteAsync(Instant now, long waiting, long changed, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<FoldLeft>(new CommandDefinition(
            """
            insert into fold_state as s (at, waiting, changed, failing, behind_since)
            select @now, @waiting, @changed, count(*), case when @waiting + @changed > 0 then @now end from fold_failure
            on conflict (one) do update
            set at = excluded.at, waiting = excluded.waiting, changed = excluded.changed, failing = excluded.failing,
                behind_since = case when excluded.behind_since is not null then coalesce(s.behind_since, excluded.behind_since) end
            returning waiting, changed, failing, behind_since
            """,
            new { now, waiting, changed },
            cancellationToken: cancellation));
    }

    private async Task<FoldPortion> ReadAsync(string sql, object values, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(sql, values, cancellationToken: cancellation))).AsList();
        return new([.. rows.Select(r => new SpanKey { Tenant = r.Tenant, Camera = r.Camera, Box = r.Box, Hour = r.Hour })], rows.Count == 0 ? 0 : rows[0].Waiting);
    }

    private sealed record Row
    {
        public string Tenant { get; init; } = "";

        public Guid Camera { get; init; }

        public Guid Box { get; init; }

        public Instant Hour { get; init; }

        public long Waiting { get; init; }
    }
}
