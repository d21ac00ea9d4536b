using System.Text.Json;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Cloud.Days;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.Detections;

/// <summary>One checked detection event.</summary>
/// <param name="EventId">What makes a repeat the same.</param>
/// <param name="Data">What was seen in one frame.</param>
public sealed record DetectionRow(string EventId, DetectionData Data);

/// <summary>Writes detections, one row per frame, once per event id. Their days must be there. Stateless.</summary>
public static class DetectionStore
{
    // Sorted, so that two handlers never deadlock.
    private const string Insert =
        """
        insert into detection (tenant, camera, day, event_id, box, at, task_type, frame_id, labels, detections)
        select @tenant, r.camera, r.day, r.event_id, @box, r.at, r.task_type, r.frame_id,
            (select array_agg(distinct d ->> 'label' order by d ->> 'label') from jsonb_array_elements(r.detections) d), r.detections
        from unnest(@camera, @day, @event, @at, @task, @frame, @detections) as r (camera, day, event_id, at, task_type, frame_id, detections)
        order by r.camera, r.day, r.event_id
        on conflict do nothing
        """;

    /// <summary>Adds the insert to the batch's transaction.</summary>
    public static void Append(NpgsqlBatch batch, BoxRecord box, IReadOnlyList<DetectionRow> rows)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(box);
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0) return;
        var command = new NpgsqlBatchCommand(Insert);
        command.Parameters.AddWithValue("tenant", box.Tenant);
        command.Parameters.AddWithValue("box", box.Box);
        command.AddColumn("camera", NpgsqlDbType.Uuid, rows, r => r.Data.Camera);
        command.AddColumn("day", NpgsqlDbType.Date, rows, r => DayTable.DayOf(r.Data.Timestamp).ToDateOnly());
        command.AddColumn("event", NpgsqlDbType.Text, rows, r => r.EventId);
        command.AddColumn("at", NpgsqlDbType.TimestampTz, rows, r => r.Data.Timestamp.ToDateTimeUtc());
        command.AddColumn("task", NpgsqlDbType.Text, rows, r => r.Data.TaskType);
        command.AddColumn("frame", NpgsqlDbType.Text, rows, r => r.Data.FrameId);
        command.AddColumn("detections", NpgsqlDbType.Jsonb, rows, r => JsonSerializer.Serialize(r.Data.Detections, HeldarJson.Options));
        batch.BatchCommands.Add(command);
    }
}
