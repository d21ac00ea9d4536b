using Dapper;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>Finds one segment's hashes: in landing, or in the manifest that its span points to.</summary>
internal static class ProofReader
{
    public static async Task<RecordingProof?> FromLandingAsync(NpgsqlDataSource database, string tenant, Guid camera, Instant at, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QueryFirstOrDefaultAsync<Row>(new CommandDefinition(
            $"""
            select segment, revision, start_at as start, end_at as "end", bytes, sha256, root, hash_origin, codec, provenance from segment_landing l
            where tenant = @tenant and camera = @camera and start_at <= @at and start_at > @earliest and (start_at = @at or end_at > @at) and not {Tombstones.Hides("l")}
            order by start_at desc, revision desc limit 1
            """,
            new { tenant, camera, at, earliest = at - LandingRow.MaxDuration },
            cancellationToken: cancellation));
        return row is null ? null : new(camera, row.Segment, row.Revision, row.Start, row.End, row.Bytes, Convert.ToHexStringLower(row.Sha256), Convert.ToHexStringLower(row.Root), Origin((HashOrigin)row.HashOrigin), row.Codec, (FootageProvenance?)row.Provenance);
    }

    public static async Task<RecordingProof?> FromManifestAsync(NpgsqlDataSource database, ManifestReader manifests, string tenant, Guid camera, Instant at, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var spans = await connection.QueryAsync<SpanLocator>(new CommandDefinition(
            "select manifest, root from span where tenant = @tenant and camera = @camera and hour >= @first and hour <= @at and last_at >= @at order by hour desc",
            new { tenant, camera, first = PackedSpan.HourOf(at - LandingRow.MaxDuration), at },
            cancellationToken: cancellation));
        foreach (var span in spans)
        {
            var manifest = await manifests.ReadAsync(span.Manifest, span.Root, cancellation);
            var entry = manifest.Segments.Where(s => s.Start <= at && (s.Start == at || s.End > at)).MaxBy(s => s.Start);
            // Its hour may not have seen a deletion yet.
            if (entry is not null && !await IsHiddenAsync(connection, tenant, entry, cancellation)) return new(camera, entry.Segment, entry.Revision, entry.Start, entry.End, entry.Bytes, entry.Sha256, entry.Root, Origin(entry.HashOrigin), entry.Codec, entry.Provenance);
        }

        return null;
    }

    private static Task<bool> IsHiddenAsync(NpgsqlConnection connection, string tenant, SegmentData entry, CancellationToken cancellation) => connection.ExecuteScalarAsync<bool>(new CommandDefinition(
        $"select {Tombstones.Hides("l")} from (select @tenant::text as tenant, @Camera::uuid as camera, @Start::timestamptz as start_at, @End::timestamptz as end_at, @Segment::uuid as segment) l",
        new { tenant, entry.Camera, entry.Start, entry.End, entry.Segment },
        cancellationToken: cancellation));

    private static string Origin(HashOrigin origin) => origin == HashOrigin.Recorded ? "recorded" : "recomputed";

    private sealed record Row
    {
        public Guid Segment { get; init; }

        public int Revision { get; init; }

        public Instant Start { get; init; }

        public Instant End { get; init; }

        public long Bytes { get; init; }

        public byte[] Sha256 { get; init; } = [];

        public byte[] Root { get; init; } = [];

        public short HashOrigin { get; init; }

        public string Codec { get; init; } = "";

        public short? Provenance { get; init; }
    }
}
