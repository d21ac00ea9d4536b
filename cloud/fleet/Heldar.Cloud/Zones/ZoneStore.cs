using System.Text.Json;
using Heldar.Cloud.Batches;
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
        Add("camera", NpgsqlDbType.Uuid, r => r.Data.Camera);
        Add("day", NpgsqlDbType.Date, r => DayTable.DayOf(r.Data.Timestamp).ToDateOnly());
        Add("id", NpgsqlDbType.Text, r => r.EventId);
        Add("at", NpgsqlDbType.TimestampTz, r => r.Data.Timestamp.ToDateTimeUtc());
        Add("zone", NpgsqlDbType.Text, r => r.Data.Zone);
        Add("name", NpgsqlDbType.Text, r => r.Data.Name);
        Add("event", NpgsqlDbType.Text, r => Word(r.Data.Event));
        Add("track", NpgsqlDbType.Text, r => r.Data.TrackId);
        Add("label", NpgsqlDbType.Text, r => r.Data.Label);
        Add("confidence", NpgsqlDbType.Double, r => r.Data.Confidence);
        Add("severity", NpgsqlDbType.Text, r => Word(r.Data.Severity));
        Add("dwell", NpgsqlDbType.Bigint, r => r.Data.DwellMs);
        Add("snapshot", NpgsqlDbType.Uuid, r => r.Data.Snapshot);
        batch.BatchCommands.Add(command);

        void Add<T>(string name, NpgsqlDbType type, Func<ZoneRow, T> value) =>
            command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Array | type) { Value = rows.Select(value).ToArray() });
    }

    private static string Word<T>(T value) => JsonSerializer.SerializeToElement(value, HeldarJson.Options).GetString()!;
}
