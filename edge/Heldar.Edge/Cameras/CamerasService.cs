using Heldar.Edge.Settings;

namespace Heldar.Edge.Cameras;

/// <summary>Starts all cameras with the box and stops them side by side with it, so that every running segment is closed.</summary>
internal sealed partial class CamerasService(CameraRegistry cameras, BoxSettings settings, CamerasStarted started, ILogger<CamerasService> log) : IHostedService
{
    /// <summary>Most time that closing all segments may take; the host ends after 10 s.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(7);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await cameras.StartAsync(settings.Cameras, cancellationToken);
        started.Value = true;
        LogStarted(cameras.Count);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        started.Value = false;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StopTimeout);
        try
        {
            await cameras.StopAsync(limit.Token);
            LogStopped(cameras.Count);
        }
        catch (OperationCanceledException)
        {
            LogSlow();
        }
    }
}

/// <summary>Whether every camera has been started.</summary>
internal sealed class CamerasStarted
{
    public bool Value { get; set; }
}
