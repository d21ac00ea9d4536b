using Dapper;
using Heldar.Contracts.Events;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>What one run of the fold did.</summary>
/// <param name="Failed">Hours that could not be folded; they are tried again, and each is in the log.</param>
public sealed record FoldResult(int Hours, int Segments, int Conflicts, int Failed);

/// <summary>
/// Folds landing rows of closed camera-hours into spans. One camera-hour of one box at a time, each in its own transaction under an advisory lock:
/// merge with what the span has by segment id (highest revision wins), drop what tombstones hide and no hold keeps, write the manifest, then span, list and the removal of the
/// landing rows together. A crash before the commit leaves a manifest that nothing names, and no other trace. Late hours fold again. Thread-safe.
/// </summary>
public sealed partial class SpanFold(NpgsqlDataSource database, ManifestStore manifests, IClock clock, ILogger<SpanFold> log)
{
    /// <summary>An hour is closed this long after its end; segments of up to 5 minutes that began in it have closed by then.</summary>
    public static readonly Duration Settle = Duration.FromMinutes(6);

    /// <summary>Most camera-hours of one run; the next run goes on.</summary>
    public const int MaxHours = 2000;

    /// <summary>Folds what is due.</summary>
    public async Task<FoldResult> RunAsync(CancellationToken cancellation)
    {
        var due = await DueAsync(cancellation);
        if (due.Count > 0) await IndexPartitions.EnsureMonthsAsync(database, due.Select(d => d.Hour), cancellation);
        var total = new FoldResult(0, 0, 0, 0);
        foreach (var one in due)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (await FoldAsync(one, cancellation) is { } done) total = total with { Hours = total.Hours + 1, Segments = total.Segments + done.Segments, Conflicts = total.Conflicts + done.Conflicts };
            }
            catch (InvalidDataException damaged)
            {
                // One damaged manifest must not keep every later hour of every tenant from being folded. Its landing rows stay searchable.
                LogDamaged(one.Tenant, one.Camera, one.Hour, damaged.Message);
                total = total with { Failed = total.Failed + 1 };
            }
        }

        return total;
    }

    private async Task<IReadOnlyList<SpanKey>> DueAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<SpanKey>(new CommandDefinition(
            """
            select tenant, camera, box, date_trunc('hour', start_at, 'UTC') as hour from segment_landing where start_at < @closed
            union
            select s.tenant, s.camera, s.box, s.hour from tombstone t
            join span s on s.tenant = t.tenant and s.camera = t.camera and s.hour > t.from_at - interval '1 hour' and s.hour < t.to_at
            where t.landed_at > now() - interval '7 days' and (t.landed_at >= s.folded_at or not pg_visible_in_snapshot(t.landed_in, s.folded_in))
            union
            select s.tenant, s.camera, s.box, s.hour from hold h
            join span s on s.tenant = h.tenant and s.camera = h.camera and s.hour > h.from_at - interval '2 hours' and s.hour < h.to_at
            where h.end_landed_at > now() - interval '7 days' and (h.end_landed_at >= s.folded_at or not pg_visible_in_snapshot(h.end_landed_in, s.folded_in))
              and exists (select 1 from tombstone t where t.tenant = s.tenant and t.camera = s.camera and t.from_at < s.hour + interval '1 hour' and t.to_at > s.hour and t.deleted_at >= h.released_at)
            order by hour, tenant, camera, box limit @MaxHours
            """,
            new { closed = PackedSpan.HourOf(clock.GetCurrentInstant() - Settle), MaxHours },
            cancellationToken: cancellation));
        return [.. rows];
    }

    private async Task<FoldResult?> FoldAsync(SpanKey due, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var key = new { due.Tenant, due.Camera, due.Box, due.Hour, next = due.Hour + Duration.FromHours(1) };
        var mine = await connection.ExecuteScalarAsync<bool>(Command("select pg_try_advisory_xact_lock(hashtextextended(@Tenant || @Camera::text || @Box::text || @Hour::text, 7))", key));
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
        var before = await ExistingAsync(connection, Command("select manifest, root from span where tenant = @Tenant and camera = @Camera and hour = @Hour and box = @Box", key), cancellation);
        if (landed.Count + before.Count == 0) return null;
        var rules = await HourRules.ReadAsync(connection, Command, due);
        var (all, conflicts) = HourRules.Merge(before, landed);
        await RecordConflictsAsync(connection, due, conflicts, Command);
        await new SpanWriter(manifests).ReplaceAsync(connection, IndexTables.Current, due, rules, all, Command, cancellation);
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

    private async Task<IReadOnlyList<SegmentData>> ExistingAsync(NpgsqlConnection connection, CommandDefinition command, CancellationToken cancellation)
    {
        var span = await connection.QueryFirstOrDefaultAsync<SpanLocator>(command);
        return span is null ? [] : (await manifests.ReadAsync(span.Manifest, span.Root, cancellation)).Segments;
    }

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
