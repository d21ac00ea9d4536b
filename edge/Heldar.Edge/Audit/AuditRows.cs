using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Heldar.Contracts;
using NodaTime;

namespace Heldar.Edge.Audit;

/// <summary>One row of the log as it is kept.</summary>
/// <param name="Seq">Counts from 1 without holes.</param>
/// <param name="At">When, by the box's clock.</param>
/// <param name="Actor">Who.</param>
/// <param name="Action">What.</param>
/// <param name="Target">To what.</param>
/// <param name="Camera">Uid of the camera it is about, or null.</param>
/// <param name="Detail">JSON.</param>
/// <param name="Hash">SHA-256 over the hash before and the fields, lower-case hex.</param>
internal sealed record AuditRow(long Seq, Instant At, string Actor, string Action, string Target, Guid? Camera, string Detail, string Hash)
{
    /// <summary>
    /// What the hash must be: SHA-256 over the JSON array of the hash before, seq, at, actor, action, target, camera, detail.
    /// </summary>
    public string HashAfter(string before) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
        new object?[] { before, Seq, InstantText.Format(At), Actor, Action, Target, Camera?.ToString("D"), Detail }, HeldarJson.Options)));
}

/// <summary>Where the chain begins: the last row that made room, or row 0 with a hash of zeros.</summary>
internal sealed record AuditAnchor(long Seq, string Hash);

/// <summary>The SQL of the audit log. Writing only on the store's writer thread.</summary>
internal static class AuditRows
{
    private const string Columns = "seq AS Seq, at AS At, actor AS Actor, action AS Action, target AS Target, camera AS Camera, detail AS Detail, hash AS Hash";

    public static AuditAnchor Anchor(DbConnection db) => db.QuerySingle<Head>("SELECT seq AS Seq, hash AS Hash FROM audit_anchor").ToAnchor();

    /// <summary>The newest row's number and hash; the anchor's when there is none.</summary>
    public static AuditAnchor Last(DbConnection db) =>
        db.QueryFirstOrDefault<Head>("SELECT seq AS Seq, hash AS Hash FROM audit_entry ORDER BY seq DESC LIMIT 1")?.ToAnchor() ?? Anchor(db);

    public static void Insert(DbConnection db, AuditRow row) => db.Execute(
        "INSERT INTO audit_entry (seq, at, actor, action, target, camera, detail, hash) VALUES (@seq, @at, @actor, @action, @target, @camera, @detail, @hash)",
        new
        {
            seq = row.Seq,
            at = InstantText.Format(row.At),
            actor = row.Actor,
            action = row.Action,
            target = row.Target,
            camera = row.Camera?.ToString("D"),
            detail = row.Detail,
            hash = row.Hash,
        });

    /// <summary>Rows after a number, oldest first.</summary>
    public static IReadOnlyList<AuditRow> After(DbConnection db, long seq, int limit) =>
        [.. db.Query<Row>($"SELECT {Columns} FROM audit_entry WHERE seq > @seq ORDER BY seq LIMIT @limit", new { seq, limit }).Select(r => r.ToRow())];

    /// <summary>Rows below a number, newest first, of one camera when it is named.</summary>
    public static IReadOnlyList<AuditRow> Before(DbConnection db, long seq, Guid? camera, int limit) =>
    [
        .. db.Query<Row>(
            $"SELECT {Columns} FROM audit_entry WHERE seq < @seq{(camera is null ? "" : " AND camera = @camera")} ORDER BY seq DESC LIMIT @limit",
            new { seq, camera = camera?.ToString("D") ?? "", limit }).Select(r => r.ToRow()),
    ];

    /// <summary>Drops the oldest rows up to a number and anchors the chain there.</summary>
    public static void DropThrough(DbConnection db, long seq)
    {
        db.Execute("UPDATE audit_anchor SET (seq, hash) = (SELECT seq, hash FROM audit_entry WHERE seq = @seq) WHERE EXISTS (SELECT 1 FROM audit_entry WHERE seq = @seq)", new { seq });
        db.Execute("DELETE FROM audit_entry WHERE seq <= (SELECT seq FROM audit_anchor)");
    }

    private sealed class Head
    {
        public long Seq { get; init; }

        public string Hash { get; init; } = "";

        public AuditAnchor ToAnchor() => new(Seq, Hash);
    }

    private sealed class Row
    {
        public long Seq { get; init; }

        public string At { get; init; } = "";

        public string Actor { get; init; } = "";

        public string Action { get; init; } = "";

        public string Target { get; init; } = "";

        public string? Camera { get; init; }

        public string Detail { get; init; } = "";

        public string Hash { get; init; } = "";

        /// <summary>A row that somebody damaged by hand still has to be read, so that it can be named.</summary>
        public AuditRow ToRow() => new(
            Seq, InstantText.TryParse(At, out var at) ? at : default, Actor, Action, Target, Guid.TryParseExact(Camera, "D", out var camera) ? camera : null, Detail, Hash);
    }
}
