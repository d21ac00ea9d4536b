using System.Security.Cryptography;
using System.Text.Json;
using Azure.Storage.Blobs;
using Npgsql;

namespace Heldar.Local.FleetSim;

/// <summary>What the index says of the simulated boxes, read by SQL of its own. One reading; immutable.</summary>
internal sealed class IndexFacts
{
    private const string Rows = """
        select 'segment/' || camera || '/' || segment, revision::bigint, concat_ws('|', box, ms(start_at), ms(end_at), bytes, frames, encode(sha256, 'hex'), encode(root, 'hex'), codec, reason)
          from segment_landing where camera = any(@cameras)
        union all select 'tombstone/' || camera || '/' || event_id, 1, concat_ws('|', ms(from_at), ms(to_at), reason, segments, bytes) from tombstone where camera = any(@cameras)
        union all select 'gap/' || camera || '/' || gap, revision, concat_ws('|', box, ms(start_at), coalesce(ms(end_at)::text, ''), cause, coalesce(detail, '')) from gap where camera = any(@cameras)
        union all select 'zone/' || camera || '/' || event_id, 1,
            concat_ws('|', box, ms(at), zone, name, event, track_id, label, to_char(confidence, 'FM0.000'), severity, coalesce(dwell_ms::text, '')) from zone_event where camera = any(@cameras)
        union all select 'snapshot/' || camera || '/' || snapshot, 1, concat_ws('|', box, ms(taken_at), bytes, width, height, encode(sha256, 'hex'), reason) from snapshot where camera = any(@cameras)
        union all select 'hold/' || camera || '/' || hold, 1, concat_ws('|', box, ms(from_at), ms(to_at), reason, owner, coalesce(case_id, '')) from hold where camera = any(@cameras) and placed_at is not null
        union all select 'hold-end/' || camera || '/' || hold, 1, concat_ws('|', ms(released_at), released_by, ended_by) from hold where camera = any(@cameras) and released_at is not null
        union all select 'state/' || camera, boot_seq * 1000000000 + seq, concat_ws('|', box, condition, coalesce(cause, ''), ms(since)) from camera_state where camera = any(@cameras)
        union all select 'progress/' || camera, boot_seq * 1000000000 + seq, concat_ws('|', box, condition, coalesce(ms(recorded_since)::text, ''), coalesce(ms(recorded_through)::text, '')) from camera_progress where camera = any(@cameras)
        union all select 'status/' || box, status_boot * 1000000000 + status_seq, concat_ws('|', disk_free_bytes, disk_total_bytes) from box where box = any(@boxes) and status_boot > 0
        union all select 'described/' || box, described_boot * 1000000000 + described_seq, concat_ws('|', name, version) from box where box = any(@boxes) and described_boot > 0
        union all select 'camera/' || camera, 1, concat_ws('|', box, slug, name, coalesce(width::text, ''), coalesce(height::text, ''), coalesce(codec, '')) from camera where camera = any(@cameras)
        """;

    private const string Milliseconds = "create or replace function pg_temp.ms(timestamptz) returns bigint language sql immutable as $$ select round(extract(epoch from $1) * 1000)::bigint $$";

    /// <summary>All facts, a key and version as often as the index has it.</summary>
    public required ILookup<string, IndexFact> ByKey { get; init; }

    /// <summary>Received batch numbers, inclusive ranges.</summary>
    public required ILookup<(Guid Box, short Class, string Epoch), (long From, long To)> Received { get; init; }

    /// <summary>Reasons of dead letters of the simulated boxes by event id.</summary>
    public required ILookup<string, string> Letters { get; init; }

    /// <summary>When a hold or a deletion was applied, by its event's id.</summary>
    public required IReadOnlyDictionary<string, DateTime> AppliedAt { get; init; }

    /// <summary>Manifests that are not what the index says they are.</summary>
    public required IReadOnlyList<string> Damage { get; init; }

    /// <summary>What the index keeps beside its rows and no key protects.</summary>
    public IndexSums Sums { get; init; } = IndexSums.None;

    /// <summary>Reads everything about the ledger's boxes and cameras. The connection may be within a transaction, whose changes are seen.</summary>
    public static Task<IndexFacts> ReadAsync(NpgsqlConnection database, string? storage, SimLedger ledger, CancellationToken cancellation) =>
        ReadAsync(database, storage, new Scope([.. ledger.Boxes], [.. ledger.Cameras]), cancellation);

    /// <summary>The same about the boxes of all other sites.</summary>
    public static async Task<IndexFacts> ReadOthersAsync(NpgsqlConnection database, string? storage, string site, CancellationToken cancellation)
    {
        await using var find = new NpgsqlCommand("select box, camera from camera where site <> @site", database);
        find.Parameters.AddWithValue("site", site);
        List<(Guid Box, Guid Camera)> found = [];
        await using (NpgsqlDataReader rows = await find.ExecuteReaderAsync(cancellation))
            while (await rows.ReadAsync(cancellation)) found.Add((rows.GetGuid(0), rows.GetGuid(1)));
        return await ReadAsync(database, storage, new Scope([.. found.Select(f => f.Box).Distinct()], [.. found.Select(f => f.Camera)]), cancellation);
    }

    private static async Task<IndexFacts> ReadAsync(NpgsqlConnection database, string? storage, Scope scope, CancellationToken cancellation)
    {
        await using (var function = new NpgsqlCommand(Milliseconds, database)) await function.ExecuteNonQueryAsync(cancellation);
        List<IndexFact> facts = await RowsAsync(database, Rows.Replace("ms(", "pg_temp.ms(", StringComparison.Ordinal), scope, r => new IndexFact(r.GetString(0), r.GetInt64(1), r.GetString(2)), cancellation);
        facts.AddRange(await RowsAsync(database, "select camera, event_id, box, pg_temp.ms(at), task_type, coalesce(frame_id, ''), detections::text from detection where camera = any(@cameras)", scope, Detection, cancellation));
        List<string> damage = [];
        List<HourSum> hours = [];
        foreach (var (blob, root, box, camera, hour) in await RowsAsync(
            database, "select manifest, root, box, camera, pg_temp.ms(hour), segments, bytes from span where camera = any(@cameras)", scope,
            r => (r.GetString(0), r.GetFieldValue<byte[]>(1), r.GetGuid(2), r.GetGuid(3), new HourSum(r.GetGuid(3), r.GetInt64(4), r.GetInt32(5), r.GetInt64(6))), cancellation))
        {
            IReadOnlyList<IndexFact> folded = await FoldedAsync(storage, blob, root, box, camera, damage, cancellation);
            facts.AddRange(folded);
            hours.Add(hour.Beside(folded));
        }

        return new IndexFacts
        {
            ByKey = facts.ToLookup(f => f.Key, StringComparer.Ordinal),
            Received = (await RowsAsync(
                database, "select box, class, epoch, lower(r), upper(r) - 1 from box_batch, unnest(received) r where box = any(@boxes)", scope,
                r => (Key: (r.GetGuid(0), r.GetInt16(1), r.GetString(2)), Range: (r.GetInt64(3), r.GetInt64(4))), cancellation)).ToLookup(r => r.Key, r => r.Range),
            Letters = (await RowsAsync(database, "select coalesce(event_id, letter::text), reason from dead_letter where box = any(@boxes)", scope, r => (Id: r.GetString(0), Reason: r.GetString(1)), cancellation))
                .ToLookup(r => r.Id, r => r.Reason, StringComparer.Ordinal),
            AppliedAt = (await RowsAsync(
                database, "select hold::text, landed_at from hold where camera = any(@cameras) and placed_at is not null union all select event_id, landed_at from tombstone where camera = any(@cameras)", scope,
                r => (Id: r.GetString(0), At: r.GetDateTime(1)), cancellation)).DistinctBy(r => r.Id).ToDictionary(r => r.Id, r => r.At, StringComparer.Ordinal),
            Damage = damage,
            Sums = new IndexSums(
                hours,
                await RowsAsync(database, "select camera, pg_temp.ms(hour), present_ms from coverage where camera = any(@cameras)", scope, r => new HourPresent(r.GetGuid(0), r.GetInt64(1), r.GetInt32(2)), cancellation),
                await RowsAsync(database, "select camera || '/' || segment || ' revision ' || revision from segment_conflict where camera = any(@cameras)", scope, r => r.GetString(0), cancellation)),
        };
    }

    private static IndexFact Detection(NpgsqlDataReader row)
    {
        using JsonDocument seen = JsonDocument.Parse(row.GetString(6));
        return new($"detection/{row.GetGuid(0)}/{row.GetString(1)}", 1, IndexFact.Join(row.GetGuid(2), row.GetInt64(3), row.GetString(4), row.GetString(5), IndexFact.Seen(seen.RootElement)));
    }

    /// <summary>The segments of a folded hour, from its manifest; what its hash does not vouch for is damage.</summary>
    private static async Task<IReadOnlyList<IndexFact>> FoldedAsync(string? storage, string blob, byte[] root, Guid box, Guid camera, List<string> damage, CancellationToken cancellation)
    {
        if (storage is null) throw new InvalidOperationException("hours are folded already: the judge needs the storage account to read their manifests");
        var container = new BlobContainerClient(storage, "manifests", new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02));
        using var content = (await container.GetBlobClient(blob).DownloadStreamingAsync(cancellationToken: cancellation)).Value;
        using var memory = new MemoryStream();
        await content.Content.CopyToAsync(memory, cancellation);
        if (!SHA256.HashData(memory.ToArray()).AsSpan().SequenceEqual(root)) damage.Add($"manifest {blob} does not hash to what its span says");
        using JsonDocument manifest = JsonDocument.Parse(memory.ToArray());
        return [.. manifest.RootElement.GetProperty("segments").EnumerateArray().Select(s => Segment(s, box, camera) with { Place = IndexFact.Folded })];
    }

    private static IndexFact Segment(JsonElement data, Guid box, Guid camera) => IndexFact.Expected(new SimLine
    {
        Kind = "event",
        At = default,
        Type = Contracts.Events.EventTypes.SegmentClosed,
        Box = box,
        Camera = camera,
        Data = data.GetRawText(),
    });

    private static async Task<List<T>> RowsAsync<T>(NpgsqlConnection database, string sql, Scope scope, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, database);
        command.Parameters.AddWithValue("cameras", scope.Cameras);
        command.Parameters.AddWithValue("boxes", scope.Boxes);
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync(cancellation);
        List<T> all = [];
        while (await rows.ReadAsync(cancellation)) all.Add(read(rows));
        return all;
    }

    /// <summary>What is read.</summary>
    private sealed record Scope(Guid[] Boxes, Guid[] Cameras);
}
