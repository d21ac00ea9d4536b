using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.States;

/// <summary>Writes camera states and box status. Applied only when (bootSeq, seq) is greater than what is known, so order and repeats do not matter.</summary>
public static class StateStore
{
    /// <summary>How far a box's clock may be ahead.</summary>
    private static readonly Duration Ahead = Duration.FromDays(1);

    /// <summary>Adds a camera's state. A camera of another box is left alone.</summary>
    public static void Append(NpgsqlBatch batch, BoxRecord box, CameraStateData data)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var command = new NpgsqlBatchCommand(
            """
            insert into camera_state as s (tenant, camera, box, boot_seq, seq, condition, cause, since)
            values (@tenant, @camera, @box, @boot, @seq, @condition, @cause, @since)
            on conflict (tenant, camera) do update
            set box = excluded.box, boot_seq = excluded.boot_seq, seq = excluded.seq, condition = excluded.condition, cause = excluded.cause, since = excluded.since
            where s.box <> excluded.box or (s.boot_seq, s.seq) < (excluded.boot_seq, excluded.seq)
            """);
        Common(command, box, data.BootSeq, data.Seq);
        command.Parameters.AddWithValue("camera", data.Camera);
        command.Parameters.AddWithValue("condition", HeldarJson.Word(data.Condition));
        command.Parameters.AddWithValue("cause", (object?)data.Cause ?? DBNull.Value);
        command.Parameters.AddWithValue("since", data.Since.ToDateTimeUtc());
        batch.BatchCommands.Add(command);
    }

    /// <summary>Adds a box's status: its disk and backlog, and how far each of its registered cameras is recorded. Whatever its clock says, nobody is heard in the future.</summary>
    public static void Append(NpgsqlBatch batch, BoxRecord box, Instant time, BoxStatusData data)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var status = new NpgsqlBatchCommand(
            """
            update box set disk_free_bytes = @free, disk_total_bytes = @total, outbox_backlog = @backlog, status_boot = @boot, status_seq = @seq,
                last_seen_at = greatest(last_seen_at, least(@at, now()))
            where tenant = @tenant and box = @box and (status_boot, status_seq) < (@boot, @seq)
            """);
        Common(status, box, data.BootSeq, data.Seq);
        status.Parameters.AddWithValue("free", data.DiskFreeBytes);
        status.Parameters.AddWithValue("total", data.DiskTotalBytes);
        status.Parameters.AddWithValue("backlog", data.OutboxBacklog);
        status.Parameters.AddWithValue("at", time.ToDateTimeUtc());
        batch.BatchCommands.Add(status);

        var progress = new NpgsqlBatchCommand(
            """
            insert into camera_progress as p (tenant, camera, box, boot_seq, seq, condition, recorded_since, recorded_through, open_segment, open_start, reported_at)
            select @tenant, r.camera, @box, @boot, @seq, r.condition, r.since, r.through, r.segment, r.start, least(@at, now())
            from unnest(@cameras, @conditions, @sinces, @throughs, @segments, @starts) as r (camera, condition, since, through, segment, start)
            join camera c on c.tenant = @tenant and c.camera = r.camera and c.box = @box
            order by r.camera
            on conflict (tenant, camera) do update
            set box = excluded.box, boot_seq = excluded.boot_seq, seq = excluded.seq, condition = excluded.condition, recorded_since = excluded.recorded_since,
                recorded_through = excluded.recorded_through, open_segment = excluded.open_segment, open_start = excluded.open_start, reported_at = excluded.reported_at
            where p.box <> excluded.box or (p.boot_seq, p.seq) < (excluded.boot_seq, excluded.seq)
            """);
        Common(progress, box, data.BootSeq, data.Seq);
        progress.Parameters.AddWithValue("at", time.ToDateTimeUtc());
        progress.AddColumn("cameras", NpgsqlDbType.Uuid, data.Cameras, c => c.Camera);
        progress.AddColumn("conditions", NpgsqlDbType.Text, data.Cameras, c => HeldarJson.Word(c.Condition));
        progress.AddColumn("sinces", NpgsqlDbType.TimestampTz, data.Cameras, c => c.RecordedSince?.ToDateTimeUtc());
        progress.AddColumn("throughs", NpgsqlDbType.TimestampTz, data.Cameras, c => c.RecordedThrough?.ToDateTimeUtc());
        progress.AddColumn("segments", NpgsqlDbType.Uuid, data.Cameras, c => c.OpenSegment);
        progress.AddColumn("starts", NpgsqlDbType.TimestampTz, data.Cameras, c => c.OpenStart?.ToDateTimeUtc());
        batch.BatchCommands.Add(progress);
    }

    /// <summary>Why a status makes no sense, or null.</summary>
    /// <param name="data">The status.</param>
    /// <param name="at">The event's time.</param>
    /// <param name="now">By this machine's clock; a box's may be a day ahead.</param>
    public static string? Check(BoxStatusData data, Instant at, Instant now)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.BootSeq < 1 || data.Seq < 1) return "bootSeq and seq count from 1";
        if (data.DiskFreeBytes < 0 || data.DiskTotalBytes < 0 || data.OutboxBacklog < 0) return "bytes and backlog are not negative";
        if (data.Cameras.Count > BoxDescribedData.MaxCameras || data.Cameras.Any(c => c is null)) return "cameras is out of range";
        if (!data.Cameras.All(c => EventRules.IsTime(c.RecordedSince) && EventRules.IsTime(c.RecordedThrough) && EventRules.IsTime(c.OpenStart))) return "a camera's time is out of range";
        if (IsAhead(at, now) || data.Cameras.Any(c => IsAhead(c.RecordedSince, now) || IsAhead(c.RecordedThrough, now) || IsAhead(c.OpenStart, now))) return "its time, or a camera's, is more than a day ahead";
        return data.Cameras.Select(c => c.Camera).Distinct().Count() == data.Cameras.Count ? null : "a camera is named twice";
    }

    /// <summary>Why a camera's state makes no sense, or null.</summary>
    public static string? Check(CameraStateData data, Instant now)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.BootSeq < 1 || data.Seq < 1) return "bootSeq and seq count from 1";
        if (!EventRules.IsTime(data.Since)) return "since is out of range";
        if (IsAhead(data.Since, now)) return "since is more than a day ahead";
        return !EventRules.IsTextOrEmpty(data.Name, 200) || (data.Cause is not null && !EventRules.IsTextOrEmpty(data.Cause, CameraStateData.MaxCause)) ? "name or cause is too long or holds control characters" : null;
    }

    private static bool IsAhead(Instant? time, Instant now) => time > now + Ahead;

    private static void Common(NpgsqlBatchCommand command, BoxRecord box, long boot, long seq)
    {
        command.Parameters.AddWithValue("tenant", box.Tenant);
        command.Parameters.AddWithValue("box", box.Box);
        command.Parameters.AddWithValue("boot", boot);
        command.Parameters.AddWithValue("seq", seq);
    }
}
