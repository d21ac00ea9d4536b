using System.Text.Json;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Days;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.Snapshots;

/// <summary>Writes which stills boxes have, once per still. Their days must be there. Stateless.</summary>
public static class SnapshotStore
{
    // Sorted, so that two handlers never deadlock.
    private const string Insert =
        """
        insert into snapshot (tenant, camera, day, snapshot, box, taken_at, bytes, width, height, sha256, reason)
        select @tenant, r.camera, r.day, r.snapshot, @box, r.taken_at, r.bytes, r.width, r.height, r.sha256, r.reason
        from unnest(@camera, @day, @snapshot, @taken, @bytes, @width, @height, @sha256, @reason) as r (camera, day, snapshot, taken_at, bytes, width, height, sha256, reason)
        order by r.camera, r.day, r.snapshot
        on conflict do nothing
        """;

    /// <summary>Adds the insert of checked stills (<see cref="SnapshotTakenData.Mistake"/>) to the batch's transaction.</summary>
    public static void Append(NpgsqlBatch batch, BoxRecord box, IReadOnlyList<SnapshotTakenData> rows)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(box);
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0) return;
        var command = new NpgsqlBatchCommand(Insert);
        command.Parameters.AddWithValue("tenant", box.Tenant);
        command.Parameters.AddWithValue("box", box.Box);
        Add("camera", NpgsqlDbType.Uuid, r => r.Camera);
        Add("day", NpgsqlDbType.Date, r => DayTable.DayOf(r.TakenAt).ToDateOnly());
        Add("snapshot", NpgsqlDbType.Uuid, r => r.Snapshot);
        Add("taken", NpgsqlDbType.TimestampTz, r => r.TakenAt.ToDateTimeUtc());
        Add("bytes", NpgsqlDbType.Integer, r => r.Bytes);
        Add("width", NpgsqlDbType.Integer, r => r.Width);
        Add("height", NpgsqlDbType.Integer, r => r.Height);
        Add("sha256", NpgsqlDbType.Bytea, r => Convert.FromHexString(r.Sha256));
        Add("reason", NpgsqlDbType.Text, r => JsonSerializer.SerializeToElement(r.Reason, HeldarJson.Options).GetString()!);
        batch.BatchCommands.Add(command);

        void Add<T>(string name, NpgsqlDbType type, Func<SnapshotTakenData, T> value) =>
            command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Array | type) { Value = rows.Select(value).ToArray() });
    }
}
