using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.Pipeline;

/// <summary>
/// The one rule by which timers run, in both fronts and over all instances and shards: once per slot (multiples of the interval since 1970; in each shard, where a timer is a shard's), by whoever takes
/// the timer's lease; never two at once; missed slots become one run. The lease is a row: 60 s by the database's clock, renewed while the run lasts, so an
/// instance that dies gives it up. No session state, no open transaction. Thread-safe.
/// </summary>
internal sealed partial class TimerGate(NpgsqlDataSource database, SchemaGate schema, IClock clock, TimeProvider time, ILogger<TimerGate> log)
{
    private static readonly Duration Lease = Duration.FromSeconds(60);

    private const string TakeSql =
        """
        insert into timer_run as t (timer, last_run, holder, lease_until) values (@name, 'epoch', @holder, clock_timestamp() + make_interval(secs => @lease))
        on conflict (timer) do update set holder = excluded.holder, lease_until = excluded.lease_until
        where (t.lease_until is null or t.lease_until <= clock_timestamp()) and (t.last_run < @slot or t.last_run > @ahead)
        returning timer
        """;

    /// <summary>Runs the timer when its slot was not run yet and nobody runs it; false otherwise. What the run throws passes through, and the slot stays due.</summary>
    public async Task<bool> RunIfDueAsync(ITimerFunction timer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(timer);
        if (await schema.ProblemAsync(cancellation) is { } problem) throw new WrongSchemaException(problem);
        var now = clock.GetCurrentInstant();
        var holder = Guid.CreateVersion7();
        if (!await TakeAsync(timer, now, holder, cancellation)) return false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var renewal = RenewAsync(timer.Row, holder, stop);
        var (started, done) = (time.GetTimestamp(), false);
        try
        {
            await timer.RunAsync(stop.Token);
            done = true;
        }
        catch
        {
            await EndAsync(timer.Row, holder, null);
            throw;
        }
        finally
        {
            PipelineMetrics.TimerRan(timer.Name, done, time.GetElapsedTime(started));
            await stop.CancelAsync();
            await renewal;
        }

        await EndAsync(timer.Row, holder, now);
        return true;
    }

    private async Task<bool> TakeAsync(ITimerFunction timer, Instant now, Guid holder, CancellationToken cancellation)
    {
        var interval = (long)timer.Interval.TotalMilliseconds;
        var slot = Instant.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds() / interval * interval);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        // A last run far ahead was written by a clock that was wrong: it is not waited for.
        return await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            TakeSql, new { name = timer.Row, holder, lease = Lease.TotalSeconds, slot, ahead = now + timer.Interval }, cancellationToken: cancellation)) is not null;
    }

    /// <summary>Renews each third of the lease; a run that lost its lease is cancelled. Never throws.</summary>
    private async Task RenewAsync(string name, Guid holder, CancellationTokenSource run)
    {
        var held = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(Lease.ToTimeSpan() / 3, time, run.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (run.IsCancellationRequested) return;
            try
            {
                await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
                var kept = await connection.ExecuteAsync("update timer_run set lease_until = clock_timestamp() + make_interval(secs => @lease) where timer = @name and holder = @holder and lease_until > clock_timestamp()", new { lease = Lease.TotalSeconds, name, holder });
                if (kept == 0)
                {
                    await run.CancelAsync();
                    LogLost(name);
                    return;
                }

                held = time.GetTimestamp();
            }
            catch (Exception fault) when (FailurePolicy.IsTransient(fault))
            {
                if (time.GetElapsedTime(held) < Lease.ToTimeSpan() * 0.8) continue;
                await run.CancelAsync();
                LogLost(name);
                return;
            }
        }
    }

    /// <summary>Gives the lease back; with a time, the slot is done.</summary>
    private async Task EndAsync(string name, Guid holder, Instant? done)
    {
        await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(
            "update timer_run set holder = null, lease_until = null, last_run = coalesce(@done::timestamptz, last_run) where timer = @name and holder = @holder", new { name, holder, done = done?.ToDateTimeUtc() });
    }

    [LoggerMessage(4004, LogLevel.Error, "timer {Timer} lost its lease and stops")]
    private partial void LogLost(string timer);
}
