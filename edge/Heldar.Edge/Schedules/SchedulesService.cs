namespace Heldar.Edge.Schedules;

/// <summary>Loads the schedules before the cameras start.</summary>
internal sealed class SchedulesService(ScheduleBook book) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => book.LoadAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
