using Dapper;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Npgsql;

namespace Heldar.Cloud.DeadLetters;

/// <summary>A letter as the function sees it that applies what was sent again.</summary>
public sealed record RedrivenLetter
{
    public string Tenant { get; init; } = "";

    public Guid Letter { get; init; }

    /// <summary>The queue's real name that it came through, for example <c>segments-0</c> or <c>segments-0-poison</c>.</summary>
    public string Queue { get; init; } = "";

    public Guid? Box { get; init; }

    /// <summary>The box's site today; null when the box is gone.</summary>
    public string? Site { get; init; }

    public string? EventType { get; init; }

    public string Status { get; init; } = "";

    public long Round { get; init; }

    /// <summary>What shall be applied: the mended event, or what came.</summary>
    public byte[] Body { get; init; } = [];

    /// <summary>One event of a verified batch; otherwise a whole message, which still has to prove itself.</summary>
    public bool IsEvent => EventType is not null && Tenant != DeadLetter.NoTenant;

    /// <summary>The queue that it came through first, with its shard, whether it is a poison queue or not.</summary>
    public static string WorkQueue(string queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return queue.EndsWith(QueueNames.PoisonSuffix, StringComparison.Ordinal) ? queue[..^QueueNames.PoisonSuffix.Length] : queue;
    }

    public static async Task<RedrivenLetter?> FindAsync(NpgsqlDataSource database, string tenant, Guid letter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<RedrivenLetter>(new CommandDefinition(
            """
            select d.tenant, d.letter, d.queue, d.box, b.site, d.event_type, d.status, d.round, coalesce(d.mended, d.body) as body
            from dead_letter d left join box b on b.tenant = d.tenant and b.box = d.box
            where d.tenant = @tenant and d.letter = @letter
            """,
            new { tenant, letter },
            cancellationToken: cancellation));
    }

    /// <summary>Adds to the transaction that applies the letter that it is done.</summary>
    public void AppendApplied(NpgsqlBatch batch) => Add(batch, "update dead_letter set status = 'applied', changed_at = now() where tenant = @tenant and letter = @letter and round = @round and status = 'redriven'");

    /// <summary>Adds that it was refused again: it is open, with the new reason unless another letter of the same event has that one.</summary>
    public void AppendReopened(NpgsqlBatch batch, string reason, string detail)
    {
        var update = Add(
            batch,
            """
            update dead_letter d set status = 'open', at = now(), detail = @detail,
                reason = case when exists (select 1 from dead_letter o where o.tenant = d.tenant and o.queue = d.queue and o.event_id = d.event_id and o.reason = @reason) then d.reason else @reason end
            where d.tenant = @tenant and d.letter = @letter and d.round = @round and d.status = 'redriven'
            """);
        update.Parameters.AddWithValue("reason", reason);
        update.Parameters.AddWithValue("detail", EventRules.Clean(detail, DeadLetter.MaxDetail));
    }

    private NpgsqlBatchCommand Add(NpgsqlBatch batch, string sql)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddWithValue("tenant", Tenant);
        command.Parameters.AddWithValue("letter", Letter);
        command.Parameters.AddWithValue("round", Round);
        batch.BatchCommands.Add(command);
        return command;
    }
}
