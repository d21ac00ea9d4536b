using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Events;

/// <summary>Takes events and wishes of operators. The camera has followed when the answer comes. Thread-safe.</summary>
internal sealed class EventTriggers(CameraRegistry cameras, WishBook wishes, EventWindows windows, IClock clock) : IEventTrigger
{
    private static readonly Duration OldestEvent = Duration.FromMinutes(1);

    public Task<TriggerAnswer> TriggerAsync(Guid camera, string source, Instant at, CancellationToken cancellation) =>
        OpenAsync(cameras.Find(camera), WishReason.Event, source, at, null, cancellation);

    /// <summary>Records now because somebody says so, whatever the camera's mode.</summary>
    public Task<TriggerAnswer> StartAsync(CameraConfig camera, int? seconds, CancellationToken cancellation) =>
        OpenAsync(camera, WishReason.Operator, "operator", null, seconds, cancellation);

    /// <summary>The operator's recording ends; false when there is none.</summary>
    public async Task<bool> StopAsync(CameraConfig camera, CancellationToken cancellation)
    {
        if (windows.Close(camera.Uid, WishReason.Operator, clock.GetCurrentInstant()) is not { } closed) return false;
        await cameras.ReviewAsync(camera.Uid, cancellation);
        await windows.WriteAsync(closed, cancellation);
        return true;
    }

    private async Task<TriggerAnswer> OpenAsync(CameraConfig? camera, WishReason reason, string source, Instant? happened, int? seconds, CancellationToken cancellation)
    {
        if (camera is null) return new TriggerAnswer(TriggerResult.NotFound);
        if (!camera.Enabled) return new TriggerAnswer(TriggerResult.Disabled);
        var now = clock.GetCurrentInstant();
        // One reading of the clock: what an operator asks for is exactly as long as asked.
        var at = Instant.Max(Instant.Min(happened ?? now, now), now - OldestEvent);
        if (reason == WishReason.Event && !wishes.IsArmed(camera, at)) return new TriggerAnswer(TriggerResult.NotArmed);
        var window = windows.Open(camera.Uid, reason, source, at, now, Duration.FromSeconds(seconds ?? camera.PostRollSeconds));
        await cameras.ReviewAsync(camera.Uid, cancellation);
        await windows.WriteAsync(window, cancellation);
        return new TriggerAnswer(TriggerResult.Recording, window.From, window.Until);
    }
}
