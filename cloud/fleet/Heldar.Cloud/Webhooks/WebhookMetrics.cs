using System.Diagnostics.Metrics;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>What delivering comes to. Static, as all instruments of rooms are; recorded by whoever sends.</summary>
internal static class WebhookMetrics
{
    private static readonly Meter Meter = new("Heldar.Cloud.Webhooks");
    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>("heldar.webhook.attempts", null, "Attempts to deliver, by what came of them (delivered, retry, given_up) and what failed.");
    private static readonly Counter<long> Made = Meter.CreateCounter<long>("heldar.webhook.deliveries", null, "Deliveries that fan-out made.");

    private static readonly Histogram<double> Answer = Meter.CreateHistogram(
        "heldar.webhook.answer", "s", "Time that one attempt took.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

    private static readonly Histogram<double> Delivery = Meter.CreateHistogram(
        "heldar.webhook.delivery", "s", "From the commit of an event to the index to its receiver's good answer, retries within the queue included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30, 60, 300, 3600] });

    /// <summary>Notes deliveries that fan-out made.</summary>
    public static void Fanned(int deliveries)
    {
        if (deliveries > 0) Made.Add(deliveries);
    }

    /// <summary>Notes an attempt. <paramref name="applied"/>: when the event was committed, where that is known.</summary>
    public static void Tried(AttemptResult result, Instant? applied)
    {
        Attempts.Add(1, new("outcome", result.Delivered ? "delivered" : result.Next is null ? "given_up" : "retry"), new("failure", result.Failure ?? "none"));
        Answer.Record(result.Took.TotalSeconds);
        if (result.Delivered && applied is { } at) Delivery.Record(Math.Max(0, (result.At - at).TotalSeconds));
    }
}
