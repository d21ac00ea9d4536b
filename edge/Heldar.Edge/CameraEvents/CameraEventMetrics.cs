using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Heldar.Edge.CameraEvents;

/// <summary>What cameras tell by themselves, and how often they could not.</summary>
internal static class CameraEventMetrics
{
    private static readonly Meter Meter = new("Heldar.Edge.CameraEvents");

    private static readonly Counter<long> Received = Meter.CreateCounter<long>("heldar.camera_events.received", null, "Events that cameras sent.");

    private static readonly Counter<long> Triggered = Meter.CreateCounter<long>("heldar.camera_events.triggered", null, "Events that told of something that triggers a recording.");

    private static readonly Counter<long> Unreadable = Meter.CreateCounter<long>("heldar.camera_events.unreadable", null, "Messages of cameras that could not be read.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>("heldar.camera_events.failures", null, "Subscriptions that ended or did not come about, by reason.");

    public static void Pulled(int received, int triggered, int unreadable)
    {
        if (received > 0) Received.Add(received);
        if (triggered > 0) Triggered.Add(triggered);
        if (unreadable > 0) Unreadable.Add(unreadable);
    }

    public static void Failed(OnvifFailure? why) =>
        Failures.Add(1, new KeyValuePair<string, object?>("reason", why is { } failure ? JsonNamingPolicy.SnakeCaseLower.ConvertName(failure.ToString()) : "box"));
}
