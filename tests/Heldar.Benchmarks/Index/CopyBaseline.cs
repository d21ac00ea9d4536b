using Heldar.Cloud.Index;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Benchmarks.Index;

/// <summary>
/// What somebody writes who knows PostgreSQL well and needs nothing else: binary COPY into a staging table, then INSERT … ON CONFLICT into a table like landing;
/// or the COPY alone, into a table without an index.
/// </summary>
internal sealed class CopyBaseline(NpgsqlDataSource database)
{
    private const string Columns = "tenant, camera, segment, landed_on, revision, box, run, start_at, end_at, bytes, codec, width, height, frames, sha256, root, hash_origin, camera_offset_ms, reason, provenance";

    private const string Merge =
        $"""
        insert into copy_landing as l ({Columns}) select {Columns} from copy_staging order by camera, segment
        on conflict (camera, segment, landed_on, tenant) do update
        set revision = excluded.revision, box = excluded.box, run = excluded.run, start_at = excluded.start_at, end_at = excluded.end_at, bytes = excluded.bytes,
            codec = excluded.codec, width = excluded.width, height = excluded.height, frames = excluded.frames, sha256 = excluded.sha256, root = excluded.root,
            hash_origin = excluded.hash_origin, camera_offset_ms = excluded.camera_offset_ms, reason = excluded.reason, provenance = excluded.provenance
        where excluded.revision > l.revision
        """;

    /// <summary>Makes its tables: landing's copy with the same keys, indexes and partitions, and one without any.</summary>
    public async Task CreateAsync(DateOnly today, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
            create table copy_landing (like segment_landing including all) partition by range (landed_on);
            create table copy_landing_today partition of copy_landing for values from ('{today:yyyy-MM-dd}') to ('{today.AddDays(2):yyyy-MM-dd}');
            create table copy_bare (like segment_landing)
            """);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public async Task EmptyAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("truncate segment_landing, copy_landing, copy_bare");
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>COPY to staging and INSERT … ON CONFLICT, in one transaction a message.</summary>
    public async Task StageAsync(IReadOnlyList<LandingRow> rows, DateOnly today, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // Once a connection; pooled connections keep it.
        await using (var stage = new NpgsqlCommand("create temp table if not exists copy_staging (like segment_landing) on commit delete rows", connection, transaction)) await stage.ExecuteNonQueryAsync(cancellation);
        await CopyAsync(connection, "copy_staging", rows, today, cancellation);
        await using (var merge = new NpgsqlCommand(Merge, connection, transaction)) await merge.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>The COPY alone.</summary>
    public async Task BareAsync(IReadOnlyList<LandingRow> rows, DateOnly today, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await CopyAsync(connection, "copy_bare", rows, today, cancellation);
    }

    private static async Task CopyAsync(NpgsqlConnection connection, string table, IReadOnlyList<LandingRow> rows, DateOnly today, CancellationToken cancellation)
    {
        await using var copy = await connection.BeginBinaryImportAsync($"copy {table} ({Columns}) from stdin (format binary)", cancellation);
        foreach (var row in rows)
        {
            var data = row.Data;
            await copy.StartRowAsync(cancellation);
            await copy.WriteAsync("main", NpgsqlDbType.Text, cancellation);
            await copy.WriteAsync(data.Camera, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(data.Segment, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(today, NpgsqlDbType.Date, cancellation);
            await copy.WriteAsync(data.Revision, NpgsqlDbType.Integer, cancellation);
            await copy.WriteAsync(row.Box, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(data.Run, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(data.Start.ToDateTimeUtc(), NpgsqlDbType.TimestampTz, cancellation);
            await copy.WriteAsync(data.End.ToDateTimeUtc(), NpgsqlDbType.TimestampTz, cancellation);
            await copy.WriteAsync(data.Bytes, NpgsqlDbType.Bigint, cancellation);
            await copy.WriteAsync(data.Codec, NpgsqlDbType.Text, cancellation);
            await OrNullAsync(data.Width);
            await OrNullAsync(data.Height);
            await copy.WriteAsync(data.Frames, NpgsqlDbType.Integer, cancellation);
            await copy.WriteAsync(row.Sha256, NpgsqlDbType.Bytea, cancellation);
            await copy.WriteAsync(row.Root, NpgsqlDbType.Bytea, cancellation);
            await copy.WriteAsync((short)data.HashOrigin, NpgsqlDbType.Smallint, cancellation);
            await copy.WriteNullAsync(cancellation);
            await copy.WriteAsync(data.Reason, NpgsqlDbType.Text, cancellation);
            await copy.WriteNullAsync(cancellation);
        }

        await copy.CompleteAsync(cancellation);

        async Task OrNullAsync(int? value)
        {
            if (value is { } some) await copy.WriteAsync(some, NpgsqlDbType.Integer, cancellation);
            else await copy.WriteNullAsync(cancellation);
        }
    }
}
