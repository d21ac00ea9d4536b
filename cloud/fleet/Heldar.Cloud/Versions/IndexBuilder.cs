using Dapper;
using Heldar.Cloud.Index;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Versions;

/// <summary>How a step of a build ended.</summary>
public enum BuildOutcome
{
    /// <summary>No version is being built.</summary>
    Idle = 0,

    /// <summary>There is more to do, or something to wait for; the next step goes on.</summary>
    Working = 1,

    /// <summary>It is built and differs from the current one: a person decides.</summary>
    Differs = 2,

    /// <summary>It is the current one now.</summary>
    Switched = 3,
}

/// <summary>
/// Builds a new version of the index beside the one that is searched, from the stored manifests, the deletions and the holds, and switches to it. Every stored
/// manifest is listed onto <c>index_due</c>; whatever the fold changes meanwhile joins that list; each entry is written anew from all manifests of its hour. Any
/// crash leaves the list: the next step goes on. Searches never stop: they read the old tables until the names change in one transaction. Thread-safe.
/// </summary>
public sealed partial class IndexBuilder(NpgsqlDataSource database, ManifestStore manifests, IndexRetention retention, TimeProvider time, ILogger<IndexBuilder> log)
{
    /// <summary>Whoever builds holds it for one transaction.</summary>
    private const long LockId = 0x48454C4255494C;

    private const int ListedAtOnce = 1000;
    private const int WrittenAtOnce = 100;

    /// <summary>Between two tries to switch: searches of a moment ago end in it.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Works for about <paramref name="limit"/>, or until nothing is left to do.</summary>
    public async Task<BuildOutcome> StepAsync(TimeSpan limit, CancellationToken cancellation)
    {
        await DropOldAsync(cancellation);
        var begun = time.GetTimestamp();
        while (time.GetElapsedTime(begun) < limit)
        {
            cancellation.ThrowIfCancellationRequested();
            if (await BuildingAsync(cancellation) is not { } build) return BuildOutcome.Idle;
            if (!build.Listed)
            {
                if (!await ListAsync(cancellation)) return BuildOutcome.Working;
                continue;
            }

            if (await WriteAsync(cancellation)) continue;
            if (build is { Differences: not null, Accepted: false }) return BuildOutcome.Differs;
            if (build is { Compared: false, Accepted: false })
            {
                await CompareAsync(build.Version, cancellation);
                continue;
            }

            if (!await SwitchAsync(build.Version, cancellation))
            {
                await Task.Delay(Pause, time, cancellation);
                continue;
            }

            LogSwitched(build.Version, build.Hours);
            await DropOldAsync(cancellation);
            return BuildOutcome.Switched;
        }

        return BuildOutcome.Working;
    }

    private async Task<Build?> BuildingAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<Build>(new CommandDefinition(
            "select version, listed_at is not null as listed, hours, differences, compared, accepted from index_version where state = 'building'", cancellationToken: cancellation));
    }

    /// <summary>Puts the hours of one page of stored manifests onto the list.</summary>
    private Task<bool> ListAsync(CancellationToken cancellation) => AloneAsync(
        async (connection, command) =>
        {
            var from = await connection.ExecuteScalarAsync<string?>(command("select listing from index_version where state = 'building'", new { }));
            var (keys, next) = await manifests.ListAsync(from, ListedAtOnce, cancellation);
            await connection.ExecuteAsync(command(
                "insert into index_due (tenant, camera, hour, box) select * from unnest(@tenants, @cameras, @hours, @boxes)",
                new { tenants = keys.Select(k => k.Tenant).ToArray(), cameras = keys.Select(k => k.Camera).ToArray(), hours = keys.Select(k => k.Hour.ToDateTimeUtc()).ToArray(), boxes = keys.Select(k => k.Box).ToArray() }));
            await connection.ExecuteAsync(command(
                "update index_version set listing = @next, listed_at = case when @next::text is null then clock_timestamp() end where state = 'building'", new { next }));
            return true;
        },
        cancellation);

    /// <summary>Writes some of the listed hours; false when none is left.</summary>
    private Task<bool> WriteAsync(CancellationToken cancellation) => AloneAsync(
        async (connection, command) =>
        {
            // Removing is reading: what joins the list after this statement, with whatever it tells of, is for the next call.
            var keys = (await connection.QueryAsync<SpanKey>(command(
                "delete from index_due where id in (select id from index_due order by id limit @WrittenAtOnce for update skip locked) returning tenant, camera, hour, box", new { WrittenAtOnce }))).Distinct().ToList();
            if (keys.Count == 0) return false;
            var writer = new SpanWriter(manifests);
            foreach (var key in keys)
            {
                if (await IsGoneAsync(connection, command, key)) continue;
                await IndexPartitions.MonthsAsync(connection, command, IndexTables.Next, [key.Hour]);
                var (known, _) = HourRules.Merge([], (await StoredAsync(key, cancellation)).SelectMany(m => m.Segments));
                var rules = await HourRules.ReadAsync(connection, command, key);
                await writer.ReplaceAsync(connection, IndexTables.Next, key, rules, known, command, cancellation);
            }

            await connection.ExecuteAsync(command("update index_version set hours = hours + @Count, last_write = pg_current_xact_id(), compared = compared and differences is null, differences = null where state = 'building'", new { keys.Count }));
            return true;
        },
        cancellation);

    /// <summary>Whether an hour's month is dropped; its manifest is stored all the same. What a hold covers is kept.</summary>
    private async Task<bool> IsGoneAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, SpanKey key) =>
        retention.IsPast(key.Hour, Instant.FromDateTimeOffset(time.GetUtcNow()))
        && !await connection.ExecuteScalarAsync<bool>(command($"select {IndexRetention.Held} from (select @Tenant as tenant, @Camera as camera, @Hour as hour) s", key));

    /// <summary>All manifests of an hour, the oldest first: of two segments with the same id and revision the one that was known first stays.</summary>
    private async Task<IReadOnlyList<HourManifest>> StoredAsync(SpanKey key, CancellationToken cancellation)
    {
        List<HourManifest> all = [];
        foreach (var (blob, root) in await manifests.OfHourAsync(key, cancellation))
        {
            try
            {
                all.Add(await manifests.ReadAsync(blob, root, cancellation));
            }
            catch (InvalidDataException damaged)
            {
                // The comparison with the current version says whether anything is missing because of it.
                LogDamaged(blob, damaged.Message);
            }
        }

        return all;
    }

    /// <summary>
    /// Notes whether the new version differs, unless something joined the list meanwhile. Once is enough: what comes later is written by the same rules into both, and
    /// comparing takes long where there are millions of hours.
    /// </summary>
    private async Task CompareAsync(int version, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var differences = await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            """
            analyze span_next;
            analyze span_list_next;
            update index_version v set differences = d.found, compared = true
            from (
                select case when count(*) > 0 then count(*) || ' camera-hours differ, the first is ' || min(x.hour::text || ' of camera ' || x.camera::text) end as found
                from (select tenant, camera, hour, box from span s full join span_next n using (tenant, camera, hour, box) where s.root is distinct from n.root) x
                -- The new one has seen deletions that the current one is still to see.
                where not exists (select 1 from fold_due f where f.tenant = x.tenant and f.camera = x.camera and f.hour = x.hour)
                  and not exists (select 1 from fold_change c where c.tenant = x.tenant and c.camera = x.camera and c.from_at < x.hour + interval '2 hours' and c.to_at > x.hour - interval '1 hour')) d
            where v.version = @version and v.state = 'building' and not exists (select 1 from index_due)
            returning v.differences
            """,
            new { version },
            cancellationToken: cancellation,
            commandTimeout: 600));
        if (differences is not null) LogDiffers(version, differences);
    }

    /// <summary>
    /// Gives the new version the names of the old one; false when it cannot be done now. Not while a snapshot is open that is older than the newest write: it would
    /// find the new tables and not all of their rows.
    /// </summary>
    private async Task<bool> SwitchAsync(int version, CancellationToken cancellation)
    {
        try
        {
            return await AloneAsync(
                async (connection, command) =>
                {
                    await connection.ExecuteAsync(command("set local lock_timeout = '500ms'; lock table span, span_list, span_next, span_list_next in access exclusive mode", new { }));
                    var ready = await connection.ExecuteScalarAsync<bool>(command(
                        """
                        select not exists (select 1 from index_due) and not heldar_snapshot_before(v.last_write::xid)
                        from index_version v where v.version = @version and v.state = 'building'
                        """,
                        new { version }));
                    if (!ready) return false;
                    await connection.ExecuteAsync(command(Rename(IndexTables.Current, IndexTables.Old) + Rename(IndexTables.Next, IndexTables.Current), new { }));
                    await connection.ExecuteAsync(command(
                        """
                        update index_version set state = 'retired', ended_at = clock_timestamp() where state = 'current';
                        update index_version set state = 'current' where version = @version
                        """,
                        new { version }));
                    return true;
                },
                cancellation);
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    /// <summary>Renames tables with their partitions, whose names begin with their table's.</summary>
    private static string Rename(IndexTables from, IndexTables to) =>
        $"""
        do $$
        declare
            part record;
        begin
            for part in
                select c.relname::text as name, t.was, t.now from (values ('{from.Span}', '{to.Span}'), ('{from.List}', '{to.List}')) t (was, now)
                join pg_inherits i on i.inhparent = t.was::regclass join pg_class c on c.oid = i.inhrelid
            loop
                execute format('alter table %I rename to %I', part.name, part.now || substr(part.name, length(part.was) + 1));
            end loop;
            alter table {from.Span} rename to {to.Span};
            alter table {from.List} rename to {to.List};
        end $$;

        """;

    /// <summary>
    /// Drops what was switched away from. A search that still reads it is waited for by trying again: shorter than a deadlock is looked for, since a search takes its
    /// locks one by one and must never be the one that ends.
    /// </summary>
    private async Task DropOldAsync(CancellationToken cancellation)
    {
        try
        {
            await AloneAsync(
                async (connection, command) =>
                {
                    await connection.ExecuteAsync(command($"set local lock_timeout = '500ms'; drop table if exists {IndexTables.Old.Span}, {IndexTables.Old.List}", new { }));
                    return true;
                },
                cancellation);
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            LogBusy();
        }
    }

    /// <summary>Runs work in one transaction that no other builder shares; false when another one builds. Work that says false changes nothing.</summary>
    private async Task<bool> AloneAsync(Func<NpgsqlConnection, Func<string, object, CommandDefinition>, Task<bool>> work, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await connection.ExecuteScalarAsync<bool>(Command("select pg_try_advisory_xact_lock(@LockId)", new { LockId })) || !await work(connection, Command)) return false;
        await transaction.CommitAsync(cancellation);
        return true;

        CommandDefinition Command(string sql, object values) => new(sql, values, transaction, cancellationToken: cancellation);
    }

    [LoggerMessage(4601, LogLevel.Information, "version {Version} of the index is the current one; {Hours} camera-hours were written for it")]
    private partial void LogSwitched(int version, long hours);

    [LoggerMessage(4602, LogLevel.Error, "version {Version} of the index is built and waits for a decision (heldar-fleet index accept or abandon): {Differences}")]
    private partial void LogDiffers(int version, string differences);

    [LoggerMessage(4603, LogLevel.Error, "stored manifest {Blob} cannot be used: {Cause}")]
    private partial void LogDamaged(string blob, string cause);

    [LoggerMessage(4604, LogLevel.Information, "the version of the index before this one is still read; it is dropped later")]
    private partial void LogBusy();

    private sealed record Build
    {
        public int Version { get; init; }

        public bool Listed { get; init; }

        public long Hours { get; init; }

        public string? Differences { get; init; }

        public bool Compared { get; init; }

        public bool Accepted { get; init; }
    }
}
