using Dapper;
using Heldar.Cloud.Queues;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.Fronts;

/// <summary>Front B: one listener for each queue and one loop for the timers, for Container Apps or Kubernetes with KEDA and for on-premises use.</summary>
internal sealed partial class WorkerFront(FunctionTable table, QueueStore queues, FunctionsOptions options, NpgsqlDataSource database, IClock clock, TimeProvider time, ILogger<WorkerFront> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listeners = table.Queues.Values.Select(f => new WorkerQueue(f, table.QueueOf(f), queues, options, time, log).RunAsync(stoppingToken));
        await Task.WhenAll([.. listeners, .. table.Timers.Values.Select(t => TimerAsync(t, stoppingToken))]);
    }

    /// <summary>
    /// Runs a timer once per interval over all instances: whoever moves its row forward runs it, under that row's lock, so runs never overlap and missed ones
    /// become one.
    /// </summary>
    private async Task TimerAsync(ITimerFunction timer, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await RunIfDueAsync(timer, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                LogTimer(timer.Name, fault.Message);
            }

            await Task.Delay(Tick, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunIfDueAsync(ITimerFunction timer, CancellationToken stopping)
    {
        await using var connection = await database.OpenConnectionAsync(stopping);
        await using var transaction = await connection.BeginTransactionAsync(stopping);
        var now = clock.GetCurrentInstant();
        await connection.ExecuteAsync(new CommandDefinition("insert into timer_run (timer, last_run) values (@Name, 'epoch') on conflict do nothing", new { timer.Name }, transaction, cancellationToken: stopping));
        var mine = await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            "select timer from timer_run where timer = @Name and last_run <= @due for update skip locked", new { timer.Name, due = now - timer.Interval }, transaction, cancellationToken: stopping));
        if (mine is null) return;
        await timer.RunAsync(stopping);
        await connection.ExecuteAsync(new CommandDefinition("update timer_run set last_run = @now where timer = @Name", new { timer.Name, now }, transaction, cancellationToken: stopping));
        await transaction.CommitAsync(stopping);
    }

    [LoggerMessage(4304, LogLevel.Warning, "timer {Timer} failed and will run again: {Cause}")]
    private partial void LogTimer(string timer, string cause);
}
