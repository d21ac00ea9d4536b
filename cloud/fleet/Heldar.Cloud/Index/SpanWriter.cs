using Dapper;
using Heldar.Contracts.Events;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Writes one camera-hour of one box into a version of the index: the one that is searched, or the one that is being built beside it (<see cref="IndexTables"/>).
/// What came before of the hour is replaced. Stateless.
/// </summary>
internal sealed class SpanWriter(ManifestStore manifests)
{
    /// <summary>Replaces the hour, by those of its segments that its rules keep, within the caller's transaction; its manifest. Without any, nothing is left of it: null.</summary>
    public async Task<string?> ReplaceAsync(NpgsqlConnection connection, IndexTables tables, SpanKey key, HourRules rules, IEnumerable<SegmentData> all, Func<string, object, CommandDefinition> command, CancellationToken cancellation)
    {
        List<SegmentData> kept = [.. all.Where(rules.Keeps)];
        const string ThisHour = "where tenant = @Tenant and camera = @Camera and hour = @Hour and box = @Box";
        await connection.ExecuteAsync(command($"delete from {tables.List} {ThisHour}; delete from {tables.Span} {ThisHour}", key));
        if (kept.Count == 0) return null;
        var (blob, root) = await manifests.WriteAsync(new HourManifest(key.Tenant, key.Camera, key.Box, key.Hour, kept), cancellation);
        await connection.ExecuteAsync(command(
            $"""
            insert into {tables.Span} (tenant, camera, hour, box, segments, bytes, first_at, last_at, root, manifest, folded_at, folded_in)
            values (@Tenant, @Camera, @Hour, @Box, @count, @bytes, @first, @last, @root, @blob, clock_timestamp(), @Snapshot::pg_snapshot);
            insert into {tables.List} (tenant, camera, hour, box, packed, from_camera) values (@Tenant, @Camera, @Hour, @Box, @packed, @refilled)
            """,
            new
            {
                key.Tenant,
                key.Camera,
                key.Hour,
                key.Box,
                count = kept.Count,
                bytes = kept.Sum(s => s.Bytes),
                first = kept[0].Start,
                last = kept.Max(s => s.End),
                root,
                blob,
                rules.Snapshot,
                packed = PackedSpan.Encode(kept.Select(s => PackedSpan.Of(key.Hour, s.Start, s.End, s.Bytes))),
                refilled = kept.Exists(s => s.Provenance is not null) ? kept.Where(s => s.Provenance == FootageProvenance.Camera).Select(s => (int)(s.Start - key.Hour).TotalMilliseconds).ToArray() : null,
            }));
        return blob;
    }
}
