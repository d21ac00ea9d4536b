using System.Data.Common;
using Dapper;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>What the box remembers of a volume.</summary>
/// <param name="Head">How far its seal log surely reached; null when it had no record yet.</param>
internal sealed record KnownVolume(Guid Id, string Path, string Role, SealHead? Head);

/// <summary>The table <c>volume</c>.</summary>
internal static class VolumeRows
{
    /// <summary>All, the newest last.</summary>
    public static IReadOnlyList<KnownVolume> Read(DbConnection db) =>
        [.. db.Query<(string Id, string Path, string Role, long Seq, string? Hour, string? Hash)>("SELECT id, path, role, head_seq, head_hour, head_hash FROM volume ORDER BY seen_ns, id")
            .Select(r => new KnownVolume(Guid.ParseExact(r.Id, "D"), r.Path, r.Role, r is { Seq: > 0, Hour: { } hour, Hash: { } hash } ? new SealHead(r.Seq, hour, hash) : null))];

    /// <summary>Notes where it is and how far its log surely reaches.</summary>
    public static void Put(DbConnection db, KnownVolume volume, Instant now) => db.Execute(
        """
        INSERT INTO volume (id, path, role, seen_ns, head_seq, head_hour, head_hash) VALUES (@id, @path, @role, @now, @seq, @hour, @hash)
        ON CONFLICT (id) DO UPDATE SET path = @path, role = @role, seen_ns = @now, head_seq = @seq, head_hour = @hour, head_hash = @hash
        """,
        new
        {
            id = volume.Id.ToString("D"),
            path = volume.Path,
            role = volume.Role,
            now = now.ToUnixTimeTicks() * 100,
            seq = volume.Head?.Seq ?? 0,
            hour = volume.Head?.Hour,
            hash = volume.Head?.Hash,
        });
}
