using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
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
        command.AddColumn("camera", NpgsqlDbType.Uuid, rows, r => r.Camera);
        command.AddColumn("day", NpgsqlDbType.Date, rows, r => DayTable.DayOf(r.TakenAt).ToDateOnly());
        command.AddColumn("snapshot", NpgsqlDbType.Uuid, rows, r => r.Snapshot);
        command.AddColumn("taken", NpgsqlDbType.TimestampTz, rows, r => r.TakenAt.ToDateTimeUtc());
        command.AddColumn("bytes", NpgsqlDbType.Integer, rows, r => r.Bytes);
        command.AddColumn("width", NpgsqlDbType.Integer, rows, r => r.Width);
        command.AddColumn("height", NpgsqlDbType.Integer, rows, r => r.Height);
        command.AddColumn("sha256", NpgsqlDbType.Bytea, rows, r => Convert.FromHexString(r.Sha256));
        command.AddColumn("reason", NpgsqlDbType.Text, rows, r => HeldarJson.Word(r.Reason));
        batch.BatchCommands.Add(command);
    }
}
