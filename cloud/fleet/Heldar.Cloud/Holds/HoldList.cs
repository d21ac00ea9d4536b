using System.Buffers.Binary;
using System.Buffers.Text;
using Dapper;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Holds;

/// <summary>What a list of holds asks for.</summary>
/// <param name="Tenant">From the caller's session, never from its input.</param>
/// <param name="Sites">Site slugs; null or empty for all.</param>
/// <param name="Cameras">Camera uids; null or empty for all.</param>
/// <param name="Standing">True for those that stand, false for those that ended, null for both.</param>
public sealed record HoldQuery(string Tenant, IReadOnlyList<string>? Sites = null, IReadOnlyList<Guid>? Cameras = null, bool? Standing = null)
{
    public const int MaxLimit = 1000;
    public const int DefaultLimit = 200;
}

/// <summary>Lists holds of one tenant, the newest first. Thread-safe.</summary>
public sealed class HoldList(NpgsqlDataSource database)
{
    private static readonly string Page =
        """
        select h.hold, c.site, h.camera, c.name, h.box, h.from_at, h.to_at, h.reason, h.owner, h.placed_at, h.case_id, h.expires_at, h.released_at, h.released_by, h.ended_by,
            exists (select 1 from 
        """ + Deletions.Touching("h.tenant", "h.camera", "h.from_at", "h.to_at") + " where " + HoldRules.Stood + ") as broken\n" +
        """
        from hold h join camera c on c.tenant = h.tenant and c.camera = h.camera
        where h.tenant = @Tenant and h.placed_at is not null
          and (cardinality(@sites) = 0 or c.site = any(@sites)) and (cardinality(@cameras) = 0 or h.camera = any(@cameras))
          and (@standing::boolean is null or (h.released_at is null) = @standing)
          and (@placed::timestamptz is null or (h.placed_at, h.hold) < (@placed, @hold))
        order by h.placed_at desc, h.hold desc limit @limit
        """;

    /// <summary>One page. Throws <see cref="ArgumentException"/> for a cursor or limit that makes no sense.</summary>
    public async Task<HoldsPage> PageAsync(HoldQuery query, string? cursor, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (limit is < 1 or > HoldQuery.MaxLimit) throw new ArgumentException($"limit is 1 to {HoldQuery.MaxLimit}", nameof(limit));
        (DateTime Placed, Guid Hold)? after = null;
        if (cursor is not null) after = TryParse(cursor, out var parsed) ? parsed : throw new ArgumentException("cursor is not one that a page gave", nameof(cursor));
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(
            Page,
            new
            {
                query.Tenant,
                sites = query.Sites?.ToArray() ?? [],
                cameras = query.Cameras?.ToArray() ?? [],
                standing = query.Standing,
                placed = after?.Placed,
                hold = after?.Hold ?? Guid.Empty,
                limit = limit + 1,
            },
            cancellationToken: cancellation))).AsList();
        var more = rows.Count > limit;
        if (more) rows.RemoveAt(limit);
        return new([.. rows.Select(r => r.Item())], more ? Cursor(rows[^1].PlacedAt, rows[^1].Hold) : null);
    }

    private static string Cursor(Instant placed, Guid hold)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteInt64BigEndian(bytes, placed.ToUnixTimeMilliseconds());
        hold.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    private static bool TryParse(string text, out (DateTime Placed, Guid Hold) cursor)
    {
        cursor = default;
        Span<byte> bytes = stackalloc byte[24];
        if (text.Length != 32 || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != 24) return false;
        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (milliseconds < 0 || milliseconds >= Instant.FromUtc(9999, 1, 1, 0, 0).ToUnixTimeMilliseconds()) return false;
        cursor = (Instant.FromUnixTimeMilliseconds(milliseconds).ToDateTimeUtc(), new Guid(bytes[8..], bigEndian: true));
        return true;
    }

    private sealed record Row
    {
        public Guid Hold { get; init; }

        public string Site { get; init; } = "";

        public Guid Camera { get; init; }

        public string Name { get; init; } = "";

        public Guid Box { get; init; }

        public Instant FromAt { get; init; }

        public Instant ToAt { get; init; }

        public string Reason { get; init; } = "";

        public string Owner { get; init; } = "";

        public Instant PlacedAt { get; init; }

        public string? CaseId { get; init; }

        public Instant? ExpiresAt { get; init; }

        public Instant? ReleasedAt { get; init; }

        public string? ReleasedBy { get; init; }

        public string? EndedBy { get; init; }

        public bool Broken { get; init; }

        public HoldItem Item() => new(Hold, Site, Camera, Name, Box, FromAt, ToAt, Reason, Owner, PlacedAt)
        {
            Case = CaseId,
            Expires = ExpiresAt,
            ReleasedAt = ReleasedAt,
            ReleasedBy = ReleasedBy,
            Ended = EndedBy switch
            {
                "released" => HoldEnd.Released,
                "expired" => HoldEnd.Expired,
                _ => null,
            },
            Broken = Broken ? true : null,
        };
    }
}
