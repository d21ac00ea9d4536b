using Dapper;
using Heldar.Cloud.Holds;
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

    private async Task<IReadOnlyList<DueHour>> DueAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<DueHour>(new CommandDefinition(
            """
            select tenant, camera, box, date_trunc('hour', start_at, 'UTC') as hour from segment_landing where start_at < @closed
            union
            select s.tenant, s.camera, s.box, s.hour from tombstone t
            join span s on s.tenant = t.tenant and s.camera = t.camera and s.hour > t.from_at - interval '1 hour' and s.hour < t.to_at
            where t.landed_at > now() - interval '7 days' and t.landed_at >= s.folded_at
            union
            select s.tenant, s.camera, s.box, s.hour from hold h
            join span s on s.tenant = h.tenant and s.camera = h.camera and s.hour > h.from_at - interval '2 hours' and s.hour < h.to_at
            where h.end_landed_at > now() - interval '7 days' and h.end_landed_at >= s.folded_at
              and exists (select 1 from tombstone t where t.tenant = s.tenant and t.camera = s.camera and t.from_at < s.hour + interval '1 hour' and t.to_at > s.hour and t.deleted_at >= h.released_at)
            order by hour, tenant, camera, box limit @MaxHours
            """,
            new { closed = PackedSpan.HourOf(clock.GetCurrentInstant() - Settle), MaxHours },
            cancellationToken: cancellation));
        return [.. rows];
    }

    private async Task<FoldResult?> FoldAsync(DueHour due, CancellationToken cancellation)
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
        var tombstones = (await connection.QueryAsync<Hidden>(Command("select from_at, to_at, older_than, deleted_at from tombstone where tenant = @Tenant and camera = @Camera and from_at < @next and to_at > @Hour", key))).ToList();

        // A hold that stood when the box deleted keeps the record of what it covers, whatever the box says.
        var holds = tombstones.Count == 0 ? [] : await HeldRanges.ReadAsync(connection, Command, due.Tenant, due.Camera, due.Hour, key.next + LandingRow.MaxDuration);

        if (landed.Count + before.Count == 0) return null;
        var (kept, conflicts) = Merge(before, landed);
        kept = [.. kept.Where(s => !tombstones.Exists(t => t.Hides(s) && !holds.Exists(h => h.Keeps(s.Start, s.End, t.DeletedAt))))];
        await RecordConflictsAsync(connection, due, conflicts, Command);
        await connection.ExecuteAsync(Command("delete from span_list where tenant = @Tenant and camera = @Camera and hour = @Hour and box = @Box; delete from span where tenant = @Tenant and camera = @Camera and hour = @Hour and box = @Box", key));
        if (kept.Count > 0) await WriteAsync(connection, due, kept, Command, cancellation);
        await transaction.CommitAsync(cancellation);
        return new(1, landed.Count, conflicts.Count, 0);

        CommandDefinition Command(string sql, object values) => new(sql, values, transaction, cancellationToken: cancellation);
    }

    /// <summary>Highest revision of each segment; the same revision with another hash keeps the known one and is reported.</summary>
    internal static (List<SegmentData> Kept, List<(SegmentData Late, SegmentData Known)> Conflicts) Merge(IEnumerable<SegmentData> known, IEnumerable<SegmentData> landed)
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

    private async Task<IReadOnlyList<SegmentData>> ExistingAsync(NpgsqlConnection connection, CommandDefinition command, CancellationToken cancellation)
    {
        var span = await connection.QueryFirstOrDefaultAsync<SpanLocator>(command);
        return span is null ? [] : (await manifests.ReadAsync(span.Manifest, span.Root, cancellation)).Segments;
    }

    private async Task WriteAsync(NpgsqlConnection connection, DueHour due, List<SegmentData> kept, Func<string, object, CommandDefinition> command, CancellationToken cancellation)
    {
        var (blob, root) = await manifests.WriteAsync(new HourManifest(due.Tenant, due.Camera, due.Box, due.Hour, kept), cancellation);
        await connection.ExecuteAsync(command(
            """
            insert into span (tenant, camera, hour, box, segments, bytes, first_at, last_at, root, manifest, folded_at)
            values (@Tenant, @Camera, @Hour, @Box, @count, @bytes, @first, @last, @root, @blob, clock_timestamp());
            insert into span_list (tenant, camera, hour, box, packed, from_camera) values (@Tenant, @Camera, @Hour, @Box, @packed, @refilled)
            """,
            new
            {
                due.Tenant,
                due.Camera,
                due.Hour,
                due.Box,
                count = kept.Count,
                bytes = kept.Sum(s => s.Bytes),
                first = kept[0].Start,
                last = kept.Max(s => s.End),
                root,
                blob,
                packed = PackedSpan.Encode(kept.Select(s => PackedSpan.Of(due.Hour, s.Start, s.End, s.Bytes))),
                refilled = kept.Exists(s => s.Provenance is not null) ? kept.Where(s => s.Provenance == FootageProvenance.Camera).Select(s => (int)(s.Start - due.Hour).TotalMilliseconds).ToArray() : null,
            }));
    }

    private static async Task RecordConflictsAsync(NpgsqlConnection connection, DueHour due, List<(SegmentData Late, SegmentData Known)> conflicts, Func<string, object, CommandDefinition> command)
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

    private sealed record DueHour
    {
        public string Tenant { get; init; } = "";

        public Guid Camera { get; init; }

        public Guid Box { get; init; }

        public Instant Hour { get; init; }
    }

    private sealed record Hidden
    {
        public Instant FromAt { get; init; }

        public Instant ToAt { get; init; }

        public Guid OlderThan { get; init; }

        public Instant DeletedAt { get; init; }

        public bool Hides(SegmentData segment) => segment.Start >= FromAt && segment.Start < ToAt && RecordingCursor.Compare(segment.Segment, OlderThan) < 0;
    }
}
