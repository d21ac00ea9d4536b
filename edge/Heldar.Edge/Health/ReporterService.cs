using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>Looks at the cameras and calls the reporter once a second. An unexpected error is logged and the next second tries again.</summary>
internal sealed partial class ReporterService(BoxReporter reporter, CameraRegistry cameras, CameraProblems problems, RecordingQuorum quorum, IClock clock, ILogger<ReporterService> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            do
            {
                try
                {
                    // Looked at first: the reporter waits for the database.
                    var (observed, now) = (await cameras.ObserveAsync(stoppingToken), clock.GetCurrentInstant());
                    problems.Look(observed, now);
                    quorum.Look(observed, now);
                    await reporter.StepAsync(stoppingToken);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogFailed(e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
