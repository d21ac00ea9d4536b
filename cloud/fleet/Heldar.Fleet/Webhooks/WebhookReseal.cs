using Npgsql;

namespace Heldar.Fleet.Webhooks;

/// <summary>Once, when a replica starts: what an older key sealed is sealed with the first one. A database that is away is not waited for; the next start does it.</summary>
internal sealed partial class WebhookReseal(WebhookSecrets secrets, ILogger<WebhookReseal> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var (done, closed) = await secrets.ResealAsync(stoppingToken);
            if (done > 0) LogSealed(done);
            if (closed > 0) LogClosed(closed);
        }
        catch (NpgsqlException fault)
        {
            LogFault(fault.Message);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(2501, LogLevel.Information, "secrets of {Count} webhook endpoints are sealed with the first key now: older keys can be dropped from HELDAR_SECRET_KEYS")]
    private partial void LogSealed(int count);

    [LoggerMessage(2502, LogLevel.Error, "secrets of {Count} webhook endpoints are sealed with a key that HELDAR_SECRET_KEYS does not hold: put it back, or make their secrets anew")]
    private partial void LogClosed(int count);

    [LoggerMessage(2503, LogLevel.Warning, "secrets were not looked through: {Cause}")]
    private partial void LogFault(string cause);
}
