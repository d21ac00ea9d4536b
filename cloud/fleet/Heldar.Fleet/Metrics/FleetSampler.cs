using Dapper;
using Heldar.Cloud.DeadLetters;
using Heldar.Fleet.Boxes;
using Heldar.Fleet.Operation;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Metrics;

/// <summary>Takes samples, one at a time and at most one in <see cref="Fresh"/>, however many scrape. Thread-safe.</summary>
internal sealed partial class FleetSampler(NpgsqlDataSource database, QueueWatch queues, IClock clock, TimeProvider time, ILogger<FleetSampler> log) : IDisposable
{
    /// <summary>Names of the bands of <see cref="AgeRow"/>, youngest first.</summary>
    public static readonly IReadOnlyList<string> Bands = ["under_1m", "1m_to_10m", "10m_to_1h", "1h_to_1d", "over_1d"];

    private const int PatienceSeconds = 5;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    // Of each box and class the newest epoch counts. A box that is away is silent, not behind: the age of marks is asked of those that are online.
    private const string Lag =
        $"""
        with marks as (
            select distinct on (x.tenant, x.box, x.class) x.tenant, x.box, x.updated_at, upper(x.received) - 1 - (select sum(upper(r) - lower(r)) from unnest(x.received) r) as missing
            from box_batch x order by x.tenant, x.box, x.class, x.updated_at desc),
        held as (select tenant, box, max(updated_at) as heard, sum(missing)::bigint as missing from marks group by tenant, box),
        lag as (
            select {BoxLags.Online} as online, coalesce(h.missing, 0) as missing, extract(epoch from clock_timestamp() - h.heard)::float8 as age,
                extract(epoch from @now - b.outbox_oldest_at)::float8 as waiting
            from box b left join held h on h.tenant = b.tenant and h.box = b.box where b.removed_at is null)
        """;

    private const string Sql =
        $"""
        {Lag} select count(*) as total, count(*) filter (where online) as online, count(*) filter (where missing > 0) as holed, coalesce(sum(missing), 0)::bigint as missing,
            coalesce(max(missing), 0)::bigint as most_missing, max(age) filter (where online) as oldest_mark, max(waiting) as oldest_waiting from lag;

        {Lag} select width_bucket(age, array[60, 600, 3600, 86400]::float8[]) as band, count(*) as boxes from lag where age is not null group by 1;

        select d.reason, count(*) as letters from (select tenant from tenant union all select @none) t
        cross join lateral (select reason from dead_letter l where l.tenant = t.tenant and l.status = 'open' order by at desc limit @most) d group by d.reason;

        select count(*) as deliveries, extract(epoch from @now - min(due_at))::float8 as oldest
        from (select due_at from webhook_delivery where state = 'pending' and due_at <= @now order by due_at limit @most) d;

        select timer, extract(epoch from @now - last_run)::float8 as age from timer_run where last_run > 'epoch' order by timer limit 100;

        select waiting, changed, failing, coalesce(extract(epoch from @now - behind_since), 0)::float8 as behind from fold_state;
        select count(*) from (select 1 from segment_conflict where detected_at > @now - interval '7 days' limit @most) c;
        select count(*) from webhook_endpoint where status = 'disabled' and disabled_reason not like 'by %'
        """;

    /// <summary>Most dead letters of a tenant, and most deliveries, that are counted.</summary>
    private const int MostCounted = 10_000;

    private readonly SemaphoreSlim _one = new(1);
    private long? _takenAt;

    /// <summary>The last sample.</summary>
    public FleetSample Newest { get; private set; } = FleetSample.None;

    /// <summary>Sees to it that the newest sample is fresh. What does not answer is left out of it.</summary>
    public async Task TakeAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            if (_takenAt is { } last && time.GetElapsedTime(last) < Fresh) return;
            var at = clock.GetCurrentInstant();
            var look = queues.LookAsync(cancellation);
            var numbers = await ReadAsync(at, cancellation);
            Newest = new(at, numbers, await look);
            _takenAt = time.GetTimestamp();
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<FleetNumbers?> ReadAsync(Instant at, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(PatienceSeconds));
        try
        {
            await using var connection = await database.OpenConnectionAsync(limit.Token);
            await using var answer = await connection.QueryMultipleAsync(new CommandDefinition(
                Sql, new { now = at.ToDateTimeUtc(), recent = (at - BoxDirectory.Recent).ToDateTimeUtc(), none = DeadLetter.NoTenant, most = MostCounted }, commandTimeout: PatienceSeconds, cancellationToken: limit.Token));
            return new(
                await answer.ReadSingleAsync<BoxFigures>(),
                (await answer.ReadAsync<AgeRow>()).AsList(),
                (await answer.ReadAsync<ReasonRow>()).AsList(),
                await answer.ReadSingleAsync<DueRow>(),
                (await answer.ReadAsync<TimerRow>()).AsList(),
                await answer.ReadSingleOrDefaultAsync<FoldRow>(),
                await answer.ReadSingleAsync<long>(),
                await answer.ReadSingleAsync<long>());
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            NotRead(failure.Message.Split('\n')[0]);
            return null;
        }
    }

    [LoggerMessage(4201, LogLevel.Warning, "figures cannot be read from the database: {Cause}")]
    private partial void NotRead(string cause);
}
