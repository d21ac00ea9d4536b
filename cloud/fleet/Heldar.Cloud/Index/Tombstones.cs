using System.Buffers.Binary;
using Heldar.Cloud.Holds;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>Deleted ranges. They hide what was opened before the deletion, whether its event came before or comes after, unless a hold that stood then covers it.</summary>
public static class Tombstones
{
    /// <summary>How far a box's clock may be ahead.</summary>
    private static readonly Duration Ahead = Duration.FromDays(1);

    /// <summary>SQL of the deletions <c>t</c> of a camera that touch [from, to): <see cref="Deletions.Touching"/>.</summary>
    internal static string Touching(string tenant, string camera, string from, string to) => Deletions.Touching(tenant, camera, from, to);

    /// <summary>SQL that is true for a hidden segment; needs <c>{0}</c>.tenant, camera, start_at, end_at and segment. It is looked up for each segment by itself (<c>offset 0</c>).</summary>
    internal static string Hides(string alias) =>
        $"exists (select 1 from {Touching($"{alias}.tenant", $"{alias}.camera", $"{alias}.start_at", $"{alias}.start_at + interval '1 microsecond'")} where {alias}.segment < t.older_than and not {HoldRules.Keeps(alias)} offset 0)";

    /// <summary>Why a deletion makes no sense, or null. One that claims to come from the future would hide footage that is yet to be recorded.</summary>
    public static string? Check(FootageDeletedData data, Instant at, Instant now)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!EventRules.IsTime(data.From) || data.To <= data.From || data.To > now + Ahead) return "from or to is out of range, or to is more than a day ahead";
        if (at > now + Ahead) return "the deletion's time is more than a day ahead";
        if (data.Count < 0 || data.Bytes < 0) return "count and bytes are not negative";
        return EventRules.IsTextOrEmpty(data.Reason, 64) ? null : "reason is out of range";
    }

    /// <summary>Adds the insert to a batch of the caller's transaction, and the fold is told of it. Idempotent by event id.</summary>
    public static void Append(NpgsqlBatch batch, string tenant, string eventId, Instant at, FootageDeletedData data)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var insert = new NpgsqlBatchCommand(
            """
            with fresh as (
                insert into tombstone (tenant, camera, from_at, to_at, event_id, older_than, reason, segments, bytes)
                values (@tenant, @camera, @from, @to, @event, @older, @reason, @count, @bytes) on conflict do nothing returning tenant, camera, from_at, to_at)
            insert into fold_change (tenant, camera, from_at, to_at) select tenant, camera, from_at, to_at from fresh
            """);
        insert.Parameters.AddWithValue("tenant", tenant);
        insert.Parameters.AddWithValue("camera", data.Camera);
        insert.Parameters.AddWithValue("from", data.From.ToDateTimeUtc());
        insert.Parameters.AddWithValue("to", data.To.ToDateTimeUtc());
        insert.Parameters.AddWithValue("event", eventId);
        insert.Parameters.AddWithValue("older", FirstIdAt(at));
        insert.Parameters.AddWithValue("reason", data.Reason);
        insert.Parameters.AddWithValue("count", data.Count);
        insert.Parameters.AddWithValue("bytes", data.Bytes);
        batch.BatchCommands.Add(insert);
    }

    /// <summary>The smallest UUIDv7 (RFC 9562 §5.7) of an instant.</summary>
    internal static Guid FirstIdAt(Instant at)
    {
        Span<byte> id = stackalloc byte[16];
        id.Clear();
        BinaryPrimitives.WriteInt64BigEndian(id, at.ToUnixTimeMilliseconds() << 16);
        id[6] = 0x70;
        id[8] = 0x80;
        return new Guid(id, bigEndian: true);
    }
}
