using Heldar.Cloud.Batches;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Npgsql;

namespace Heldar.Cloud.Gaps;

/// <summary>Writes gaps. The highest revision wins. The hours of what was known and of what is known now are counted anew (<c>coverage_due</c>). Stateless.</summary>
public static class GapStore
{
    /// <summary>Adds a gap that was checked (<see cref="GapData.Mistake"/>) to the batch's transaction.</summary>
    public static void Append(NpgsqlBatch batch, BoxRecord box, GapData gap)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(box);
        ArgumentNullException.ThrowIfNull(gap);
        AppendDue(batch, box, gap);
        var command = new NpgsqlBatchCommand(
            """
            insert into gap as g (tenant, camera, gap, revision, box, start_at, end_at, cause, detail)
            values (@tenant, @camera, @gap, @revision, @box, @start, @end, @cause, @detail)
            on conflict (tenant, camera, gap) do update
            set revision = excluded.revision, box = excluded.box, start_at = excluded.start_at, end_at = excluded.end_at, cause = excluded.cause, detail = excluded.detail
            where excluded.revision > g.revision
            """);
        command.Parameters.AddWithValue("tenant", box.Tenant);
        command.Parameters.AddWithValue("camera", gap.Camera);
        command.Parameters.AddWithValue("gap", gap.Gap);
        command.Parameters.AddWithValue("revision", gap.Revision);
        command.Parameters.AddWithValue("box", box.Box);
        command.Parameters.AddWithValue("start", gap.Start.ToDateTimeUtc());
        command.Parameters.Add(new NpgsqlParameter("end", NpgsqlTypes.NpgsqlDbType.TimestampTz) { Value = gap.End?.ToDateTimeUtc() ?? (object)DBNull.Value });
        command.Parameters.AddWithValue("cause", HeldarJson.Word(gap.Cause));
        command.Parameters.Add(new NpgsqlParameter("detail", NpgsqlTypes.NpgsqlDbType.Text) { Value = gap.Detail ?? (object)DBNull.Value });
        batch.BatchCommands.Add(command);
    }

    // Before the upsert: a gap that shrinks leaves hours behind that it does not touch any more.
    private static void AppendDue(NpgsqlBatch batch, BoxRecord box, GapData gap)
    {
        var due = new NpgsqlBatchCommand(
            """
            insert into coverage_due (tenant, camera, from_at, to_at)
            select @tenant, @camera, g.start_at, coalesce(g.end_at, greatest(g.start_at, now())) from gap g where g.tenant = @tenant and g.camera = @camera and g.gap = @gap
            union all select @tenant, @camera, @start, coalesce(@end, greatest(@start, now()))
            """);
        due.Parameters.AddWithValue("tenant", box.Tenant);
        due.Parameters.AddWithValue("camera", gap.Camera);
        due.Parameters.AddWithValue("gap", gap.Gap);
        due.Parameters.AddWithValue("start", gap.Start.ToDateTimeUtc());
        due.Parameters.Add(new NpgsqlParameter("end", NpgsqlTypes.NpgsqlDbType.TimestampTz) { Value = gap.End?.ToDateTimeUtc() ?? (object)DBNull.Value });
        batch.BatchCommands.Add(due);
    }
}
