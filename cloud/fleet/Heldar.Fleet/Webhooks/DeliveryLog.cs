using System.Globalization;
using System.Text.Json;
using Dapper;
using Heldar.Contracts;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Webhooks;

/// <summary>What became of an endpoint's deliveries, the newest first. Thread-safe.</summary>
internal sealed class DeliveryLog(NpgsqlDataSource database)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 500;

    /// <summary>A page; the cursor is the number of its last row.</summary>
    public async Task<DeliveryPage> PageAsync(string tenant, Guid endpoint, string? state, long? before, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(
            """
            select d.delivery, v.type, v.at, d.state, d.attempts, d.created_at, d.due_at, d.finished_at, d.seq, coalesce((
                select jsonb_agg(jsonb_build_object('attempt', a.attempt, 'at', to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'durationMs', a.duration_ms, 'status', a.status, 'failure', a.failure, 'detail', a.detail) order by a.attempt)
                from webhook_attempt a where a.tenant = d.tenant and a.delivery = d.delivery), '[]')::text as log
            from webhook_delivery d join webhook_event v on v.tenant = d.tenant and v.event = d.event
            where d.tenant = @tenant and d.endpoint = @endpoint and (@state::text is null or d.state = @state) and (@before::bigint is null or d.seq < @before)
            order by d.seq desc limit @most
            """,
            new { tenant, endpoint, state, before, most = limit + 1 }, cancellationToken: cancellation))).ToList();
        var more = rows.Count > limit;
        if (more) rows.RemoveAt(limit);
        return new([.. rows.Select(r => r.View())], more ? rows[^1].Seq.ToString(CultureInfo.InvariantCulture) : null);
    }

    private sealed record Row
    {
        public string Delivery { get; init; } = "";

        public string Type { get; init; } = "";

        public Instant At { get; init; }

        public string State { get; init; } = "";

        public int Attempts { get; init; }

        public Instant CreatedAt { get; init; }

        public Instant DueAt { get; init; }

        public Instant? FinishedAt { get; init; }

        public long Seq { get; init; }

        public string Log { get; init; } = "[]";

        public DeliveryView View() => new(Delivery, Type, At, State, Attempts, CreatedAt, JsonSerializer.Deserialize<List<AttemptView>>(Log, HeldarJson.Options)!, State == "pending" ? DueAt : null, FinishedAt);
    }
}
