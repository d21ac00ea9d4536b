using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Cloud.Days;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.Zones;

/// <summary>One checked zone event.</summary>
/// <param name="EventId">What makes a repeat the same.</param>
/// <param name="Data">What happened.</param>
public sealed record ZoneRow(string EventId, ZoneData Data);

/// <summary>Writes zone events, once per event id. Their days must be there. Stateless.</summary>
public static class ZoneStore
{
    // Sorted, so that two handlers never deadlock.
    private const string Insert =
        """
        insert into zone_event (tenant, camera, day, event_id, box, at, zone, name, event, track_id, label, confidence, severity, dwell_ms, snapshot)
        select @tenant, r.camera, r.day, r.event_id, @box, r.at, r.zone, r.name, r.event, r.track_id, r.label, r.confidence, r.severity, r.dwell_ms, r.snapshot
        from unnest(@camera, @day, @id, @at, @zone, @name, @event, @track, @label, @confidence, @severity, @dwell, @snapshot)
            as r (camera, day, event_id, at, zone, name, event, track_id, label, confidence, severity, dwell_ms, snapshot)
        order by r.camera, r.day, r.event_id
        on conflict do nothing
        """;

    /// <summary>Adds the insert to the batch's transaction.</summary>
    public static void Append(NpgsqlBatch batch, BoxRecord box, IReadOnlyList<ZoneRow> rows)
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
        command.AddColumn("id", NpgsqlDbType.Text, rows, r => r.EventId);
        command.AddColumn("at", NpgsqlDbType.TimestampTz, rows, r => r.Data.Timestamp.ToDateTimeUtc());
        command.AddColumn("zone", NpgsqlDbType.Text, rows, r => r.Data.Zone);
        command.AddColumn("name", NpgsqlDbType.Text, rows, r => r.Data.Name);
        command.AddColumn("event", NpgsqlDbType.Text, rows, r => HeldarJson.Word(r.Data.Event));
        command.AddColumn("track", NpgsqlDbType.Text, rows, r => r.Data.TrackId);
        command.AddColumn("label", NpgsqlDbType.Text, rows, r => r.Data.Label);
        command.AddColumn("confidence", NpgsqlDbType.Double, rows, r => r.Data.Confidence);
        command.AddColumn("severity", NpgsqlDbType.Text, rows, r => HeldarJson.Word(r.Data.Severity));
        command.AddColumn("dwell", NpgsqlDbType.Bigint, rows, r => r.Data.DwellMs);
        command.AddColumn("snapshot", NpgsqlDbType.Uuid, rows, r => r.Data.Snapshot);
        batch.BatchCommands.Add(command);
    }
}
