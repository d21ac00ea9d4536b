using Heldar.Edge.Cameras;
using Heldar.Edge.Events;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>
/// Lets one watcher run for each camera that has events to follow and a mode that takes them. A change of what a watcher was made of replaces it; a change of anything
/// else leaves it alone. Stops all of them side by side, each giving its subscription back.
/// </summary>
internal sealed class CameraEventsService(
    CameraRegistry cameras, CameraSecrets secrets, IEventTrigger trigger, CameraEventStates states, CameraEventOptions options, IClock clock, ILogger<EventWatcher> log) : BackgroundService
{
    private readonly Dictionary<Guid, Running> _running = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ReviewPeriod);
        try
        {
            do Review(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }

        foreach (var (_, one) in _running) await one.Stopping.CancelAsync();
        await Task.WhenAll(_running.Values.Select(r => r.Task));
        foreach (var (_, one) in _running) one.Stopping.Dispose();
    }

    private void Review(CancellationToken stopping)
    {
        var wanted = cameras.All.Where(c => c is { Enabled: true, SealedEvents: not null } && c.Mode.TakesEvents()).ToDictionary(c => c.Uid);
        foreach (var (uid, running) in _running.ToList())
        {
            if (wanted.TryGetValue(uid, out var now) && IsSame(running.Camera, now)) continue;
            running.Stopping.Cancel();
            if (!running.Task.IsCompleted) continue;
            running.Stopping.Dispose();
            _running.Remove(uid);
        }

        foreach (var camera in wanted.Values.Where(c => !_running.ContainsKey(c.Uid)))
        {
            var one = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            var watcher = new EventWatcher(camera, secrets, cameras, trigger, states, options, clock, log);
            _running[camera.Uid] = new Running(camera, one, Task.Run(() => watcher.RunAsync(one.Token), CancellationToken.None));
        }
    }

    private static bool IsSame(CameraConfig before, CameraConfig now) =>
        (before.Slug, before.Url, before.Username, before.SealedPassword, before.Certificate, before.SealedEvents) == (now.Slug, now.Url, now.Username, now.SealedPassword, now.Certificate, now.SealedEvents);

    private sealed record Running(CameraConfig Camera, CancellationTokenSource Stopping, Task Task);
}
