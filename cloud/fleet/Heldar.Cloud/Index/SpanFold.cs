using Azure;
using Dapper;
using Heldar.Contracts.Events;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Folds landing rows of closed camera-hours into spans, and lets folded hours see their deletions. One camera-hour of one box at a time, each in its own transaction under
/// an advisory lock: merge with what the span has by segment id (highest revision wins), drop what tombstones hide and no hold keeps, write the manifest, then span, list and
/// the removal of the landing rows together. A crash before the commit leaves a manifest that nothing names, and no other trace. Late hours fold again. New
/// footage comes first, and deletions have a budget of their own. Thread-safe.
/// </summary>
public sealed partial class SpanFold(NpgsqlDataSource database, ManifestStore manifests, IClock clock, ILogger<SpanFold> log)
{
    /// <summary>An hour is closed this long after its end; segments of up to 5 minutes that began in it have closed by then.</summary>
    public static readonly Duration Settle = Duration.FromMinutes(6);

    /// <summary>Hours that are folded at the same time: most of the time goes to waiting for the store and for commits.</summary>
    internal const int AtOnce = 4;

    private readonly FoldList _list = new(database);
    private readonly FoldChanges _changes = new(database);
    private readonly TombstoneMerge _merge = new(database);
    private readonly ReplacedManifests _replaced = new(database, manifests);

    /// <summary>Most camera-hours of one run that come from landing; the next run goes on.</summary>
    public int MaxHours { get; init; } = 2000;

    /// <summary>Most camera-hours of one run that are folded for their deletions alone.</summary>
    public int MaxChanged { get; init; } = 1000;

    /// <summary>Folds what is due.</summary>
    public async Task<FoldResult> RunAsync(CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        await _changes.PutAsync(now, cancellation);
        var landed = await _list.LandedAsync(PackedSpan.HourOf(now - Settle), now, MaxHours, cancellation);
        if (landed.Hours.Count > 0) await IndexPartitions.EnsureMonthsAsync(database, landed.Hours.Select(d => d.Hour), cancellation);
        var total = await FoldAsync(landed.Hours, now, new(0, 0, 0, 0), cancellation);
        var changed = await _list.ChangedAsync(now, MaxChanged, cancellation);
        total = await FoldAsync(changed.Hours, now, total, cancellation);
        await _replaced.DeleteAsync(now, cancellation);
        await _merge.RunAsync(now, cancellation);
        return total with { Left = await _list.NoteAsync(now, landed.Waiting - landed.Hours.Count, changed.Waiting - changed.Hours.Count, cancellation) };
    }

    private async Task<FoldResult> FoldAsync(IReadOnlyList<SpanKey> hours, Instant now, FoldResult total, CancellationToken cancellation)
    {
        Lock sum = new();
        await Parallel.ForEachAsync(hours, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (one, token) =>
        {
            var done = await TryAsync(one, now, token);
            lock (sum) total = total with { Hours = total.Hours + done.Hours, Segments = total.Segments + done.Segments, Conflicts = total.Conflicts + done.Conflicts, Failed = total.Failed + done.Failed };
        });
        return total;
    }

    private async Task<FoldResult> TryAsync(SpanKey due, Instant now, CancellationToken cancellation)
    {
        try
        {
            return await FoldAsync(due, now, cancellation) ?? new(0, 0, 0, 0);
        }
        catch (Exception fault) when (IsOfTheHour(fault))
        {
            // One damaged manifest must not keep any other hour of any tenant from being folded. Its landing rows stay searchable.
            LogDamaged(due.Tenant, due.Camera, due.Hour, fault.Message);
            await _list.FailedAsync(due, now, fault.Message, cancellation);
            return new(0, 0, 0, 1);
        }
    }

    /// <summary>Whether a fault concerns one hour; what concerns all ends the run, and the next one tries again.</summary>
    private static bool IsOfTheHour(Exception fault) => fault switch
    {
        InvalidDataException or ArgumentException or System.Text.Json.JsonException => true,
        PostgresException postgres => !postgres.IsTransient,
        RequestFailedException storage => storage.Status is 400 or 404 or 409 or 412,
        _ => false,
    };

    private async Task<FoldResult?> FoldAsync(SpanKey due, Instant now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var key = new { due.Tenant, due.Camera, due.Box, due.Hour, next = due.Hour + Duration.FromHours(1), FoldChanges.LockId };
        var mine = await connection.ExecuteScalarAsync<bool>(Command(
            "select pg_try_advisory_xact_lock(hashtextextended(@Tenant || @Camera::text || @Box::text || @Hour::text, 7)) from pg_advisory_xact_lock_shared(@LockId)", key));
        if (!mine) return null;

        // Removing is reading: what lands after this statement stays for the next run.
        var landed = (await connection.QueryAsync<LandedSegment>(Command(
            """
            delete from segment_landing
            where tenant = @Tenant and camera = @Camera and box = @Box and start_at >= @Hour and start_at < @next
            returning segment, camera, revision, run, start_at as start, end_at as "end", bytes, codec, width, height, frames, encode(sha256, 'hex') as sha256, encode(root, 'hex') as root,
                hash_origin, camera_offset_ms, reason, provenance
            """,
            key))).Select(r => r.ToData()).ToList();
        var span = await connection.QueryFirstOrDefaultAsync<SpanLocator>(Command("select manifest, root from span where tenant = @Tenant and camera = @Camera and hour = @Hour and box = @Box", key));
        IReadOnlyList<SegmentData> before = span is null ? [] : (await manifests.ReadAsync(span.Manifest, span.Root, cancellation)).Segments;
        await FoldList.DoneAsync(connection, Command, due);
        if (landed.Count + before.Count == 0)
        {
            await transaction.CommitAsync(cancellation);
            return null;
        }

        var rules = await HourRules.ReadAsync(connection, Command, due);
        var (all, conflicts) = HourRules.Merge(before, landed);
        await RecordConflictsAsync(connection, due, conflicts, Command);
        var manifest = await new SpanWriter(manifests).ReplaceAsync(connection, IndexTables.Current, due, rules, all, Command, cancellation);
        if (span is not null && span.Manifest != manifest) await ReplacedManifests.AddAsync(connection, Command, due, span.Manifest, now);
        await TellAsync(connection, Command, due);
        await transaction.CommitAsync(cancellation);
        return new(1, landed.Count, conflicts.Count, 0);

        CommandDefinition Command(string sql, object values) => new(sql, values, transaction, cancellationToken: cancellation);
    }

    /// <summary>
    /// Puts the hour on the lists of those who follow: the coverage ledger (a segment that began in this hour may end in the next) and a version of the index that is
    /// being built. After the write to <c>span</c>: a build begins by locking it, so a fold that does not see the build yet is waited for.
    /// </summary>
    private static Task<int> TellAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, SpanKey due) => connection.ExecuteAsync(command(
        """
        insert into coverage_due (tenant, camera, from_at, to_at) values (@Tenant, @Camera, @Hour, @Hour + interval '2 hours');
        insert into index_due (tenant, camera, hour, box) select @Tenant, @Camera, @Hour, @Box where exists (select 1 from index_version where state = 'building')
        """,
        due));

    private static async Task RecordConflictsAsync(NpgsqlConnection connection, SpanKey due, List<(SegmentData Late, SegmentData Known)> conflicts, Func<string, object, CommandDefinition> command)
    {
        foreach (var (late, known) in conflicts)
        {
            await connection.ExecuteAsync(command(
                """
                insert into segment_conflict (tenant, camera, segment, revision, sha256, known, box, body)
                values (@Tenant, @Camera, @Segment, @Revision, decode(@Sha256, 'hex'), decode(@known, 'hex'), @Box, @body::jsonb) on conflict do nothing
                """,
                new { due.Tenant, due.Camera, late.Segment, late.Revision, late.Sha256, known = known.Sha256, due.Box, body = System.Text.Json.JsonSerializer.Serialize(late, Contracts.HeldarJson.Options) }));
        }
    }

    [LoggerMessage(4110, LogLevel.Error, "hour {Hour} of camera {Camera} (tenant {Tenant}) cannot be folded: {Cause}")]
    private partial void LogDamaged(string tenant, Guid camera, Instant hour, string cause);
}
