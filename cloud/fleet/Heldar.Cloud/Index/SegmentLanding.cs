using System.Text.Json;
using Heldar.Cloud.Database;
using Heldar.Contracts;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.Index;

/// <summary>
/// Inserts segments where they arrive. The highest revision wins; the same revision with another hash is a conflict and goes to <c>segment_conflict</c>.
/// Rows are sorted by key, so that two handlers never deadlock. Stateless.
/// </summary>
public static class SegmentLanding
{
    private const string Upsert =
        """
        insert into segment_landing as l (tenant, camera, segment, landed_on, revision, box, run, start_at, end_at, bytes, codec, width, height, frames, sha256, root, hash_origin, camera_offset_ms, reason, provenance)
        select @tenant, r.camera, r.segment, @day, r.revision, @box, r.run, r.start_at, r.end_at, r.bytes, r.codec, r.width, r.height, r.frames, r.sha256, r.root, r.hash_origin, r.camera_offset_ms, r.reason, r.provenance
        from unnest(@camera, @segment, @revision, @run, @start, @end, @bytes, @codec, @width, @height, @frames, @sha256, @root, @origin, @offset, @reason, @provenance)
            as r (camera, segment, revision, run, start_at, end_at, bytes, codec, width, height, frames, sha256, root, hash_origin, camera_offset_ms, reason, provenance)
        order by r.camera, r.segment
        on conflict (camera, segment, landed_on, tenant) do update
        set revision = excluded.revision, box = excluded.box, run = excluded.run, start_at = excluded.start_at, end_at = excluded.end_at, bytes = excluded.bytes,
            codec = excluded.codec, width = excluded.width, height = excluded.height, frames = excluded.frames, sha256 = excluded.sha256, root = excluded.root,
            hash_origin = excluded.hash_origin, camera_offset_ms = excluded.camera_offset_ms, reason = excluded.reason, provenance = excluded.provenance
        where excluded.revision > l.revision
        """;

    // A statement of its own: under READ COMMITTED it sees what a concurrent handler committed while the upsert waited for it.
    // One lookup by primary key per row: the limit keeps it from being planned as a join with all that has landed, and "is not distinct from", which no index
    // serves, keeps the indexes that begin with the tenant out of it.
    private const string Clash =
        """
        insert into segment_conflict (tenant, camera, segment, revision, sha256, known, box, body)
        select @tenant, r.camera, r.segment, r.revision, r.sha256, l.sha256, @box, r.body
        from unnest(@camera, @segment, @revision, @sha256, @body) as r (camera, segment, revision, sha256, body)
        cross join lateral (
            select k.sha256 from segment_landing k
            where k.camera = r.camera and k.segment = r.segment and k.tenant is not distinct from @tenant and k.revision = r.revision and k.sha256 <> r.sha256
            limit 1) l
        on conflict do nothing
        """;

    /// <summary>Adds the statements to a batch of the caller's transaction. <paramref name="rows"/> come from one box and hold each (segment, revision) once.</summary>
    public static void Append(NpgsqlBatch batch, string tenant, Guid box, LocalDate today, IReadOnlyList<LandingRow> rows)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (rows.Count == 0) return;
        // The same segment twice in one statement would be refused ("cannot affect row a second time"): only its highest revision matters.
        var newest = rows.GroupBy(r => (r.Data.Camera, r.Data.Segment)).Select(g => g.MaxBy(r => r.Data.Revision)!).ToList();
        var upsert = new NpgsqlBatchCommand(Upsert);
        upsert.Parameters.AddWithValue("tenant", tenant);
        upsert.Parameters.AddWithValue("box", box);
        upsert.Parameters.AddWithValue("day", today.ToDateOnly());
        upsert.AddColumn("camera", NpgsqlDbType.Uuid, newest, r => r.Data.Camera);
        upsert.AddColumn("segment", NpgsqlDbType.Uuid, newest, r => r.Data.Segment);
        upsert.AddColumn("revision", NpgsqlDbType.Integer, newest, r => r.Data.Revision);
        upsert.AddColumn("run", NpgsqlDbType.Uuid, newest, r => r.Data.Run);
        upsert.AddColumn("start", NpgsqlDbType.TimestampTz, newest, r => r.Data.Start.ToDateTimeUtc());
        upsert.AddColumn("end", NpgsqlDbType.TimestampTz, newest, r => r.Data.End.ToDateTimeUtc());
        upsert.AddColumn("bytes", NpgsqlDbType.Bigint, newest, r => r.Data.Bytes);
        upsert.AddColumn("codec", NpgsqlDbType.Text, newest, r => r.Data.Codec);
        upsert.AddColumn("width", NpgsqlDbType.Integer, newest, r => r.Data.Width);
        upsert.AddColumn("height", NpgsqlDbType.Integer, newest, r => r.Data.Height);
        upsert.AddColumn("frames", NpgsqlDbType.Integer, newest, r => r.Data.Frames);
        upsert.AddColumn("sha256", NpgsqlDbType.Bytea, newest, r => r.Sha256);
        upsert.AddColumn("root", NpgsqlDbType.Bytea, newest, r => r.Root);
        upsert.AddColumn("origin", NpgsqlDbType.Smallint, newest, r => (short)r.Data.HashOrigin);
        upsert.AddColumn("offset", NpgsqlDbType.Bigint, newest, r => r.Data.CameraOffsetMs);
        upsert.AddColumn("reason", NpgsqlDbType.Text, newest, r => r.Data.Reason);
        upsert.AddColumn("provenance", NpgsqlDbType.Smallint, newest, r => (short?)r.Data.Provenance);
        batch.BatchCommands.Add(upsert);

        var clash = new NpgsqlBatchCommand(Clash);
        clash.Parameters.AddWithValue("tenant", tenant);
        clash.Parameters.AddWithValue("box", box);
        clash.AddColumn("camera", NpgsqlDbType.Uuid, rows, r => r.Data.Camera);
        clash.AddColumn("segment", NpgsqlDbType.Uuid, rows, r => r.Data.Segment);
        clash.AddColumn("revision", NpgsqlDbType.Integer, rows, r => r.Data.Revision);
        clash.AddColumn("sha256", NpgsqlDbType.Bytea, rows, r => r.Sha256);
        clash.AddColumn("body", NpgsqlDbType.Jsonb, rows, r => JsonSerializer.Serialize(r.Data, HeldarJson.Options));
        batch.BatchCommands.Add(clash);
    }
}
