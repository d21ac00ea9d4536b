using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.Batches;

/// <summary>What the cloud has of each (box, class, epoch). A batch's number is written in the transaction that applies the batch.</summary>
public static class Watermarks
{
    /// <summary>Most holes that an answer carries; the box re-sends those and asks again.</summary>
    public const int MaxHoles = 64;

    /// <summary>Adds a batch's number; a number that is there already touches no row.</summary>
    private const string MarkSql =
        """
        insert into box_batch (tenant, box, class, epoch, received)
        values (@tenant, @box, @class, @epoch, int8multirange(int8range(@batch, @batch + 1)))
        on conflict (tenant, box, class, epoch) do update
        set received = box_batch.received + excluded.received, updated_at = now()
        where not box_batch.received @> excluded.received
        """;

    /// <summary>Adds the mark of a batch to the transaction that applies it. Once that ran, a command that touched no row says that the batch had come before.</summary>
    public static NpgsqlBatchCommand Append(NpgsqlBatch batch, VerifiedBatch verified)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Append(batch, verified.Box.Tenant, verified.Box.Box, verified.Envelope);
    }

    /// <summary>The same for a batch that is done without having been applied, because a person gave it up: the box needs not keep it.</summary>
    public static NpgsqlBatchCommand Append(NpgsqlBatch batch, string tenant, Guid box, Envelope envelope)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(envelope);
        var mark = new NpgsqlBatchCommand(MarkSql);
        mark.Parameters.AddWithValue("tenant", tenant);
        mark.Parameters.AddWithValue("box", box);
        mark.Parameters.AddWithValue("class", (short)envelope.Class);
        mark.Parameters.AddWithValue("epoch", envelope.Epoch);
        mark.Parameters.AddWithValue("batch", envelope.BatchSeq);
        batch.BatchCommands.Add(mark);
        return mark;
    }

    /// <summary>Whether the batch that an envelope names has its mark. What an unproven envelope says is only asked, never written.</summary>
    public static async Task<bool> HasAsync(NpgsqlDataSource database, Envelope envelope, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(envelope);
        await using var command = database.CreateCommand("select exists (select 1 from box_batch where tenant = @tenant and box = @box and class = @class and epoch = @epoch and received @> @batch)");
        command.Parameters.AddWithValue("tenant", envelope.Tenant);
        command.Parameters.AddWithValue("box", envelope.Box);
        command.Parameters.AddWithValue("class", (short)envelope.Class);
        command.Parameters.AddWithValue("epoch", envelope.Epoch);
        command.Parameters.AddWithValue("batch", envelope.BatchSeq);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>All epochs of a box that were heard of within 90 days.</summary>
    public static async Task<IReadOnlyList<Watermark>> ReadAsync(NpgsqlDataSource database, string tenant, Guid box, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand(
            "select class, epoch, received from box_batch where tenant = @tenant and box = @box and updated_at > now() - interval '90 days' order by class, updated_at desc limit 100", connection);
        command.Parameters.AddWithValue("tenant", tenant);
        command.Parameters.AddWithValue("box", box);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<Watermark> all = [];
        while (await reader.ReadAsync(cancellation))
            all.Add(From((EventClass)reader.GetInt16(0), reader.GetString(1), reader.GetFieldValue<NpgsqlRange<long>[]>(2)));
        return all;
    }

    /// <summary>Turns received ranges (canonical: inclusive from, exclusive to, sorted) into watermark and holes.</summary>
    internal static Watermark From(EventClass @class, string epoch, IReadOnlyList<NpgsqlRange<long>> received)
    {
        var through = received.Count > 0 && received[0].LowerBound <= 1 ? received[0].UpperBound - 1 : 0;
        List<SequenceRange> holes = [];
        var next = through + 1;
        foreach (var range in received)
        {
            if (holes.Count == MaxHoles) break;
            if (range.LowerBound > next) holes.Add(new(next, range.LowerBound - 1));
            next = Math.Max(next, range.UpperBound);
        }

        return new(@class, epoch, through, holes);
    }
}
