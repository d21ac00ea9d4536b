using System.Text.Json;
using Heldar.Cloud.Batches;
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
        Add("camera", NpgsqlDbType.Uuid, r => r.Data.Camera);
        Add("day", NpgsqlDbType.Date, r => DayTable.DayOf(r.Data.Timestamp).ToDateOnly());
        Add("event", NpgsqlDbType.Text, r => r.EventId);
        Add("at", NpgsqlDbType.TimestampTz, r => r.Data.Timestamp.ToDateTimeUtc());
        Add("task", NpgsqlDbType.Text, r => r.Data.TaskType);
        Add("frame", NpgsqlDbType.Text, r => r.Data.FrameId);
        Add("detections", NpgsqlDbType.Jsonb, r => JsonSerializer.Serialize(r.Data.Detections, HeldarJson.Options));
        batch.BatchCommands.Add(command);

        void Add<T>(string name, NpgsqlDbType type, Func<DetectionRow, T> value) =>
            command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Array | type) { Value = rows.Select(value).ToArray() });
    }
}
