using Dapper;
using Heldar.Contracts.Events;
using Heldar.Functions.Settings;
using Npgsql;

namespace Heldar.Functions.Pipeline;

/// <summary>
/// Writes down that this instance's circuit is open, so that the fleet can show it: one small row while it is open, touched now and then, none when it is closed. It looks
/// each second and never holds up a message. A database that is away cannot take the row; the fleet sees that by itself. Its loop is the only caller.
/// </summary>
internal sealed partial class BreakerReport(FailurePolicy policy, NpgsqlDataSource database, FunctionsOptions options, TimeProvider time, ILogger<BreakerReport> log) : BackgroundService
{
    private const int MaxCause = 200;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Touch = TimeSpan.FromSeconds(15);

    private readonly Guid _instance = Guid.CreateVersion7();
    private long? _written;

    /// <summary>One look: writes when the circuit opened, is open for long, or closed.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        if (policy.IsStrained)
        {
            if (_written is { } last && time.GetElapsedTime(last) < Touch) return;
            await ExecuteAsync(
                """
                insert into breaker (instance, shard, since, seen_at, cause) values (@instance, @Shard, clock_timestamp(), clock_timestamp(), @cause)
                on conflict (instance) do update set seen_at = excluded.seen_at, cause = excluded.cause
                """,
                cancellation);
            _written = time.GetTimestamp();
        }
        else if (_written is not null)
        {
            await ExecuteAsync("delete from breaker where instance = @instance or seen_at < clock_timestamp() - interval '1 day'", cancellation);
            _written = null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (FailurePolicy.IsTransient(fault))
            {
                LogNotWritten(fault.Message.Split('\n')[0]);
            }

            await Task.Delay(Look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, new { instance = _instance, options.Shard, cause = EventRules.Clean(policy.LastFault, MaxCause) }, cancellationToken: cancellation));
    }

    [LoggerMessage(4005, LogLevel.Debug, "the state of the circuit cannot be written down: {Cause}")]
    private partial void LogNotWritten(string cause);
}
