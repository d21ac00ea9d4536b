using Heldar.Cloud.Batches;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.Holds;

/// <summary>Writes holds and their ends. Each fact is written once, whichever comes first, so order and repeats do not matter. Stateless.</summary>
public static class HoldStore
{
    /// <summary>Adds a hold that was checked (<see cref="HoldAppliedData.Mistake"/>) to the batch's transaction. A hold that is known already stays as it is.</summary>
    public static void Append(NpgsqlBatch batch, BoxRecord box, Instant placed, HoldAppliedData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var command = Command(
            batch, box, data.Camera, data.Hold,
            """
            insert into hold as h (tenant, camera, hold, box, from_at, to_at, reason, owner, case_id, expires_at, placed_at)
            values (@tenant, @camera, @hold, @box, @from, @to, @reason, @owner, @case, @expires, @placed)
            on conflict (tenant, camera, hold) do update
            set box = excluded.box, from_at = excluded.from_at, to_at = excluded.to_at, reason = excluded.reason, owner = excluded.owner,
                case_id = excluded.case_id, expires_at = excluded.expires_at, placed_at = excluded.placed_at, landed_at = clock_timestamp()
            where h.placed_at is null
            """);
        command.Parameters.AddWithValue("from", data.From.ToDateTimeUtc());
        command.Parameters.AddWithValue("to", data.To.ToDateTimeUtc());
        command.Parameters.AddWithValue("reason", data.Reason);
        command.Parameters.AddWithValue("owner", data.Owner);
        command.Parameters.Add(new NpgsqlParameter("case", NpgsqlDbType.Text) { Value = (object?)data.Case ?? DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter("expires", NpgsqlDbType.TimestampTz) { Value = data.Expires?.ToDateTimeUtc() ?? (object)DBNull.Value });
        command.Parameters.AddWithValue("placed", WholeMilliseconds(placed));
    }

    /// <summary>Adds a hold's end that was checked (<see cref="HoldReleasedData.Mistake"/>). It ends once; other holds of the same footage stand on.</summary>
    public static void Append(NpgsqlBatch batch, BoxRecord box, HoldReleasedData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var command = Command(
            batch, box, data.Camera, data.HoldId,
            """
            with ended as (
                insert into hold as h (tenant, camera, hold, box, released_at, released_by, ended_by, end_landed_at, end_landed_in)
                values (@tenant, @camera, @hold, @box, @released, @by, @how, clock_timestamp(), pg_current_xact_id())
                on conflict (tenant, camera, hold) do update
                set released_at = excluded.released_at, released_by = excluded.released_by, ended_by = excluded.ended_by, end_landed_at = excluded.end_landed_at,
                    end_landed_in = excluded.end_landed_in
                where h.released_at is null
                returning h.tenant, h.camera, h.from_at, h.to_at, h.released_at)
            insert into fold_change (tenant, camera, from_at, to_at, released_at) select tenant, camera, from_at, to_at, released_at from ended where from_at is not null
            """);
        command.Parameters.AddWithValue("released", WholeMilliseconds(data.ReleasedAt));
        command.Parameters.AddWithValue("by", data.ReleasedBy);
        command.Parameters.AddWithValue("how", HeldarJson.Word(data.Reason));
    }

    /// <summary>As fine as the time of a deletion is known (a UUIDv7), since the two are compared: of one millisecond, placing counts before and ending too.</summary>
    private static DateTime WholeMilliseconds(Instant time) => Instant.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds()).ToDateTimeUtc();

    private static NpgsqlBatchCommand Command(NpgsqlBatch batch, BoxRecord box, Guid camera, Guid hold, string sql)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(box);
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddWithValue("tenant", box.Tenant);
        command.Parameters.AddWithValue("camera", camera);
        command.Parameters.AddWithValue("hold", hold);
        command.Parameters.AddWithValue("box", box.Box);
        batch.BatchCommands.Add(command);
        return command;
    }
}
