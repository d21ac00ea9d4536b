using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Queues;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Audit;
using Heldar.Fleet.Keys;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.DeadLetters;

/// <summary>What people do with letters. Each deed and its audit row are one transaction. Thread-safe.</summary>
internal sealed class LetterDesk(NpgsqlDataSource database, QueueStore queues, CloudKey key, AuditTrail audit, LetterBatches batches, IClock clock)
{
    /// <summary>The refusal of a letter that the caller's tenant does not have.</summary>
    public const string NotThere = "there is no such letter";

    /// <summary>Longest event that a person may write, in bytes; longer ones can be sent again as they came.</summary>
    private const int MaxMended = 512 * 1024;

    private const string LockSql =
        """
        select d.tenant, d.letter, d.queue, d.reason, d.box, d.event_id, d.event_type, d.status, d.round, d.body, d.mended
        from dead_letter d where d.tenant = any(@tenants) and d.letter = @letter for update
        """;

    /// <summary>Keeps a mended form of an event, or takes it back; null when done, else why not. Throws <see cref="BadInputException"/> for what is no event.</summary>
    public Task<string?> MendAsync(Caller caller, Guid letter, string? text, CancellationToken cancellation)
    {
        var bytes = text is null ? null : Event(text);
        return InTransactionAsync(caller, letter, MendAsync, cancellation);

        async Task<string?> MendAsync(DbTransaction transaction, Row row)
        {
            if (!row.IsEvent) return "this is a whole message: its signature covers every byte, so it can only be sent again as it is";
            if (row.Status != "open") return $"it is {row.Status}; only open letters are mended";
            var at = clock.GetCurrentInstant();
            await transaction.Connection!.ExecuteAsync(new CommandDefinition(
                "update dead_letter set mended = @bytes, mended_by = case when @bytes::bytea is null then null else @Name end, mended_at = case when @bytes::bytea is null then null else @at end where tenant = @Tenant and letter = @letter",
                new { bytes, caller.Name, at = at.ToDateTimeUtc(), row.Tenant, letter },
                transaction,
                cancellationToken: cancellation));
            await AuditAsync(transaction, caller, AuditActions.LetterMended, row with { Mended = bytes }, cancellation);
            return null;
        }
    }

    /// <summary>Sends a letter again; null when done, else why not. The message is put before the deed is committed: a crash in between sends nothing twice, since the function waits for the round.</summary>
    public Task<string?> RedriveAsync(Caller caller, Guid letter, CancellationToken cancellation)
    {
        return InTransactionAsync(caller, letter, RedriveAsync, cancellation);

        async Task<string?> RedriveAsync(DbTransaction transaction, Row row)
        {
            if (row.Status is not ("open" or "redriven")) return $"it is {row.Status}";
            if (row.Mended is null && row.Body.Length >= DeadLetter.MaxBody) return "it is longer than anything that is kept whole";
            var queue = RedrivenLetter.WorkQueue(row.Queue);
            if (queue.LastIndexOf('-') is not (> 0 and var cut) || queue[..cut] == QueueNames.Mended) return "this is no message of a box; send the letter again that it is about";
            var at = clock.GetCurrentInstant();
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(row.Mended ?? row.Body));
            var order = new MendedBody { Purpose = MendedBody.ThisPurpose, Tenant = row.Tenant, Letter = letter, Round = row.Round + 1, Sha256 = sha256, MendedBy = caller.Name, MendedAt = at };
            var bytes = order.ToBytes();
            var (keyId, signature) = await key.SignAsync(bytes, cancellation);
            var envelope = new Envelope
            {
                Tenant = caller.Tenant,
                Box = row.Box ?? Guid.Empty,
                KeyId = keyId,
                Class = EventClass.Bulk,
                Epoch = letter.ToString("N"),
                BatchSeq = order.Round,
                Body = Encoding.UTF8.GetString(bytes),
                Sig = signature,
            };
            await transaction.Connection!.ExecuteAsync(new CommandDefinition(
                "update dead_letter set status = 'redriven', round = @Round, changed_by = @Name, changed_at = @at where tenant = @Tenant and letter = @letter",
                new { order.Round, caller.Name, at = at.ToDateTimeUtc(), row.Tenant, letter },
                transaction,
                cancellationToken: cancellation));
            await AuditAsync(transaction, caller, AuditActions.LetterRedriven, row with { Round = order.Round }, cancellation);
            await queues.SendAsync(QueueNames.InShard(QueueNames.Mended, queue[(cut + 1)..]), envelope.ToBytes(), TimeSpan.Zero, cancellation);
            return null;
        }
    }

    /// <summary>
    /// Gives a letter up; null when done, else why not. Its row and its audit entry stay. With a whole message its batch counts as done: the box, which waits for its mark,
    /// goes on.
    /// </summary>
    public async Task<string?> DropAsync(Caller caller, Guid letter, CancellationToken cancellation)
    {
        (string Queue, StuckBatch Batch)? done = null;
        var refusal = await InTransactionAsync(caller, letter, DropAsync, cancellation);
        if (refusal is null && done is var (queue, batch)) await batches.ForgetBodyAsync(queue, batch, cancellation);
        return refusal;

        async Task<string?> DropAsync(DbTransaction transaction, Row row)
        {
            if (row.Status is not ("open" or "redriven")) return $"it is {row.Status} already";
            await transaction.Connection!.ExecuteAsync(new CommandDefinition(
                "update dead_letter set status = 'dropped', changed_by = @Name, changed_at = @at where tenant = @Tenant and letter = @letter",
                new { caller.Name, at = clock.GetCurrentInstant().ToDateTimeUtc(), row.Tenant, letter },
                transaction,
                cancellationToken: cancellation));
            var stuck = row.IsEvent ? null : await batches.FindAsync(row.Tenant, row.Box, row.Reason, row.Body, cancellation);
            if (stuck is not null)
            {
                await using var mark = new NpgsqlBatch((NpgsqlConnection)transaction.Connection!, (NpgsqlTransaction)transaction);
                Watermarks.Append(mark, stuck.Tenant, stuck.Envelope.Box, stuck.Envelope);
                await mark.ExecuteNonQueryAsync(cancellation);
                done = (row.Queue, stuck);
            }

            await AuditAsync(transaction, caller, AuditActions.LetterDropped, row, cancellation, stuck?.Envelope);
            return null;
        }
    }

    private static byte[] Event(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > MaxMended) throw new BadInputException("an event that is mended has at most 512 KiB");
        try
        {
            var one = JsonSerializer.Deserialize<CloudEvent>(bytes, HeldarJson.Options) ?? throw new JsonException("an event must be a JSON object");
            return EventTypes.TryGet(one.Type, out _) ? bytes : throw new BadInputException($"'{LetterText.Visible(one.Type.Length <= 80 ? one.Type : one.Type[..80])}' is no known event type");
        }
        catch (JsonException wrong)
        {
            throw new BadInputException($"this is no event: {wrong.Message}");
        }
    }

    private async Task<string?> InTransactionAsync(Caller caller, Guid letter, Func<DbTransaction, Row, Task<string?>> deed, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(LockSql, new { tenants = LetterDirectory.Tenants(caller.Tenant), letter }, transaction, cancellationToken: cancellation));
        if (row is null) return NotThere;
        if (await deed(transaction, row) is { } refusal) return refusal;
        await transaction.CommitAsync(cancellation);
        return null;
    }

    /// <summary>What came and what goes, by their hashes: a mended event keeps the identity of the one that came.</summary>
    private Task AuditAsync(DbTransaction transaction, Caller caller, string action, Row row, CancellationToken cancellation, Envelope? done = null) => audit.AppendAsync(
        transaction,
        caller.Tenant,
        caller.Name,
        action,
        row.Letter.ToString("D"),
        new
        {
            row.Queue,
            row.Reason,
            row.Box,
            row.EventId,
            row.EventType,
            row.Round,
            OriginalSha256 = Convert.ToHexStringLower(SHA256.HashData(row.Body)),
            MendedSha256 = row.Mended is null ? null : Convert.ToHexStringLower(SHA256.HashData(row.Mended)),
            Batch = done is null ? null : new { done.Box, done.Class, done.Epoch, done.BatchSeq },
        },
        cancellation);

    private sealed record Row
    {
        public string Tenant { get; init; } = "";

        public Guid Letter { get; init; }

        public string Queue { get; init; } = "";

        public string Reason { get; init; } = "";

        public Guid? Box { get; init; }

        public string? EventId { get; init; }

        public string? EventType { get; init; }

        public string Status { get; init; } = "";

        public long Round { get; init; }

        public byte[] Body { get; init; } = [];

        public byte[]? Mended { get; init; }

        public bool IsEvent => EventType is not null && Tenant != DeadLetter.NoTenant;
    }
}
