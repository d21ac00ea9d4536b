using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Heldar.Contracts;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Audit;

/// <summary>What is written down about people and boxes. Stable words: they are part of the hash.</summary>
internal static class AuditActions
{
    public const string Setup = "setup";
    public const string SignIn = "sign_in";
    public const string SignInFailed = "sign_in_failed";
    public const string SignOut = "sign_out";
    public const string SiteCreated = "site_created";
    public const string TokenCreated = "token_created";
    public const string BoxEnrolled = "box_enrolled";
    public const string BoxRemoved = "box_removed";
    public const string LetterMended = "letter_mended";
    public const string LetterRedriven = "letter_redriven";
    public const string LetterDropped = "letter_dropped";
    public const string WebhookCreated = "webhook_created";
    public const string WebhookChanged = "webhook_changed";
    public const string WebhookDeleted = "webhook_deleted";
    public const string WebhookSecretRotated = "webhook_secret_rotated";
    public const string WebhookTested = "webhook_tested";
    public const string WebhookReplayed = "webhook_replayed";
}

/// <summary>
/// Hash-chained record of what people did: each row holds SHA-256 over the row before and its own fields, so that a changed or missing row breaks the chain.
/// Rows of one tenant are appended one at a time (advisory transaction lock). Thread-safe.
/// </summary>
internal sealed class AuditTrail(NpgsqlDataSource database, IClock clock)
{
    private static readonly byte[] Origin = new byte[32];

    /// <summary>Appends in a transaction of its own.</summary>
    public async Task AppendAsync(string tenant, string actor, string action, string subject, object? detail, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await AppendAsync(transaction, tenant, actor, action, subject, detail, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Appends within the caller's transaction, so that the deed and its record stand or fall together.</summary>
    public async Task AppendAsync(DbTransaction transaction, string tenant, string actor, string action, string subject, object? detail, CancellationToken cancellation)
    {
        var connection = transaction.Connection!;
        await connection.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended('heldar-audit/' || @tenant, 0))", new { tenant }, transaction, cancellationToken: cancellation));
        var last = await connection.QuerySingleOrDefaultAsync<Last>(new CommandDefinition(
            "select seq, hash from audit where tenant = @tenant order by seq desc limit 1", new { tenant }, transaction, cancellationToken: cancellation));

        // PostgreSQL keeps microseconds: the hash must cover what a later reader sees.
        var at = Instant.FromUnixTimeTicks(clock.GetCurrentInstant().ToUnixTimeTicks() / 10 * 10);
        var row = new Row((last?.Seq ?? 0) + 1, at.ToDateTimeUtc(), actor, action, subject, JsonSerializer.Serialize(detail ?? new { }, HeldarJson.Options), last?.Hash ?? Origin, []);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into audit (tenant, seq, at, actor, action, subject, detail, prev, hash)
            values (@tenant, @Seq, @At, @Actor, @Action, @Subject, @Detail, @Prev, @hash)
            """,
            new { tenant, row.Seq, row.At, row.Actor, row.Action, row.Subject, row.Detail, row.Prev, hash = HashOf(tenant, row) },
            transaction,
            cancellationToken: cancellation));
    }

    /// <summary>Reads the whole chain; null when it is sound, else the first row that does not fit.</summary>
    public async Task<long?> FirstBrokenAsync(string tenant, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        byte[] prev = Origin;
        long seq = 0;
        await foreach (var row in connection.QueryUnbufferedAsync<Row>("select seq, at, actor, action, subject, detail, prev, hash from audit where tenant = @tenant order by seq", new { tenant })
            .WithCancellation(cancellation))
        {
            if (row.Seq != ++seq || !row.Prev.AsSpan().SequenceEqual(prev) || !row.Hash.AsSpan().SequenceEqual(HashOf(tenant, row))) return seq;
            prev = row.Hash;
        }

        return null;
    }

    private static byte[] HashOf(string tenant, Row row)
    {
        string at = InstantText.Format(Instant.FromDateTimeUtc(DateTime.SpecifyKind(row.At, DateTimeKind.Utc)));
        byte[] fields = JsonSerializer.SerializeToUtf8Bytes(new object[] { tenant, row.Seq, at, row.Actor, row.Action, row.Subject, row.Detail }, HeldarJson.Options);
        return SHA256.HashData([.. row.Prev, .. fields]);
    }

    private sealed record Last(long Seq, byte[] Hash);

    private sealed record Row(long Seq, DateTime At, string Actor, string Action, string Subject, string Detail, byte[] Prev, byte[] Hash);
}
