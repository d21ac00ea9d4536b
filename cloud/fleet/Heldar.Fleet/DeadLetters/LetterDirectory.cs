using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Dapper;
using Heldar.Cloud.DeadLetters;
using Heldar.Contracts;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.DeadLetters;

/// <summary>What a list of letters asks for; null and empty are all.</summary>
internal sealed record LetterQuery(string Tenant)
{
    public const int MaxLimit = 500;
    public const int DefaultLimit = 100;

    /// <summary>One status; null for all.</summary>
    public string? Status { get; init; } = "open";

    public IReadOnlyList<string>? Reasons { get; init; }

    public IReadOnlyList<string>? Types { get; init; }

    public IReadOnlyList<string>? Sites { get; init; }

    public IReadOnlyList<Guid>? Boxes { get; init; }

    public Instant? From { get; init; }

    public Instant? To { get; init; }
}

/// <summary>Lists and shows letters of a tenant. Lists read no bodies, which may be large: PostgreSQL keeps their length beside them. What proved no tenant is the operator's, who works in the default one. Thread-safe.</summary>
internal sealed class LetterDirectory(NpgsqlDataSource database)
{
    private const string Fields =
        """
        select d.letter, d.at, d.queue, d.reason, d.detail, d.tenant, d.status, d.box, b.name as box_name, b.site, d.event_id, d.event_type,
            d.round, length(d.body) as bytes, d.mended is not null as is_mended, d.mended_by, d.mended_at, d.changed_by, d.changed_at
        """;

    private const string From = " from dead_letter d left join box b on b.tenant = d.tenant and b.box = d.box where d.tenant = any(@tenants) ";

    private const string Page = Fields + From +
        """
          and (@status::text is null or d.status = @status)
          and (cardinality(@reasons) = 0 or d.reason = any(@reasons)) and (cardinality(@types) = 0 or d.event_type = any(@types))
          and (cardinality(@sites) = 0 or b.site = any(@sites)) and (cardinality(@boxes) = 0 or d.box = any(@boxes))
          and (@from::timestamptz is null or d.at >= @from) and (@to::timestamptz is null or d.at < @to)
          and (@after::timestamptz is null or (d.at, d.letter) < (@after, @last))
        order by d.at desc, d.letter desc limit @limit
        """;

    private const string One = Fields + ", d.body, d.mended" + From + "and d.letter = @letter";

    /// <summary>Tenants whose letters a caller of this tenant sees.</summary>
    public static string[] Tenants(string tenant) => tenant == Names.DefaultTenant ? [tenant, DeadLetter.NoTenant] : [tenant];

    /// <summary>One page. Throws <see cref="ArgumentException"/> for a cursor that no page gave.</summary>
    public async Task<LettersPage> PageAsync(LetterQuery query, string? cursor, int limit, CancellationToken cancellation)
    {
        (DateTime At, Guid Letter)? after = null;
        if (cursor is not null) after = TryParse(cursor, out var parsed) ? parsed : throw new ArgumentException("cursor is not one that a page gave", nameof(cursor));
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(
            Page,
            new
            {
                tenants = Tenants(query.Tenant),
                status = query.Status,
                reasons = query.Reasons?.ToArray() ?? [],
                types = query.Types?.ToArray() ?? [],
                sites = query.Sites?.ToArray() ?? [],
                boxes = query.Boxes?.ToArray() ?? [],
                from = query.From?.ToDateTimeUtc(),
                to = query.To?.ToDateTimeUtc(),
                after = after?.At,
                last = after?.Letter ?? Guid.Empty,
                limit = limit + 1,
            },
            cancellationToken: cancellation))).AsList();
        var more = rows.Count > limit;
        if (more) rows.RemoveAt(limit);
        return new([.. rows.Select(r => r.Item())], more ? Cursor(rows[^1]) : null);
    }

    /// <summary>One letter with its content and what was changed in it; null when the tenant has none of that id.</summary>
    public async Task<LetterView?> FindAsync(string tenant, Guid letter, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(One, new { tenants = Tenants(tenant), letter }, cancellationToken: cancellation));
        if (row is null) return null;
        var item = row.Item();
        var (form, text) = LetterText.Decode(row.Body, item.IsEvent);
        return new(item, form, text, Convert.ToHexStringLower(SHA256.HashData(row.Body)), row.Mended is null ? [] : JsonDiff.Compare(row.Body, row.Mended), row.Mended is null ? null : LetterText.Visible(row.Mended));
    }

    /// <summary>A letter's bytes as they came; null when the tenant has none of that id.</summary>
    public async Task<byte[]?> BodyAsync(string tenant, Guid letter, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition(
            "select body from dead_letter where tenant = any(@tenants) and letter = @letter", new { tenants = Tenants(tenant), letter }, cancellationToken: cancellation));
    }

    private static string Cursor(Row row)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteInt64BigEndian(bytes, row.At.ToUnixTimeTicks());
        row.Letter.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    private static bool TryParse(string text, out (DateTime At, Guid Letter) cursor)
    {
        cursor = default;
        Span<byte> bytes = stackalloc byte[24];
        if (text.Length != 32 || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != 24) return false;
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < 0 || ticks >= Instant.FromUtc(9999, 1, 1, 0, 0).ToUnixTimeTicks()) return false;
        cursor = (Instant.FromUnixTimeTicks(ticks).ToDateTimeUtc(), new Guid(bytes[8..], bigEndian: true));
        return true;
    }

    private sealed record Row
    {
        public Guid Letter { get; init; }

        public Instant At { get; init; }

        public string Queue { get; init; } = "";

        public string Reason { get; init; } = "";

        public string Detail { get; init; } = "";

        public string Tenant { get; init; } = "";

        public string Status { get; init; } = "";

        public Guid? Box { get; init; }

        public string? BoxName { get; init; }

        public string? Site { get; init; }

        public string? EventId { get; init; }

        public string? EventType { get; init; }

        public long Round { get; init; }

        public int Bytes { get; init; }

        public bool IsMended { get; init; }

        public string? MendedBy { get; init; }

        public Instant? MendedAt { get; init; }

        public string? ChangedBy { get; init; }

        public Instant? ChangedAt { get; init; }

        public byte[] Body { get; init; } = [];

        public byte[]? Mended { get; init; }

        public LetterItem Item()
        {
            var proven = Tenant != DeadLetter.NoTenant;
            return new(Letter, At, Queue, Reason, LetterText.Visible(Detail), proven, Status, proven && EventType is not null, IsMended, Round, Bytes)
            {
                Box = Box,
                BoxName = BoxName,
                Site = Site,
                EventId = EventId is null ? null : LetterText.Visible(EventId),
                EventType = EventType is null ? null : LetterText.Visible(EventType),
                MendedBy = MendedBy,
                MendedAt = MendedAt,
                ChangedBy = ChangedBy,
                ChangedAt = ChangedAt,
            };
        }
    }
}
