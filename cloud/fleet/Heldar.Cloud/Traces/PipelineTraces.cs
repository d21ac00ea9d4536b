using System.Diagnostics;
using Heldar.Contracts.Events;

namespace Heldar.Cloud.Traces;

/// <summary>
/// Spans of the pipeline, with the names and attributes of OpenTelemetry's semantic conventions for messaging and CloudEvents. While nobody listens, nothing is
/// looked at and nothing is made. Thread-safe.
/// </summary>
public static class PipelineTraces
{
    /// <summary>The source's name.</summary>
    public const string Name = "Heldar.Cloud";

    /// <summary>What the conventions call this kind of queue; they know no name of it yet.</summary>
    public const string MessagingSystem = "azure_queue_storage";

    /// <summary>Most events of one message that get a span of their own.</summary>
    internal const int MaxEvents = 32;

    private static readonly ActivitySource Source = new(Name);

    /// <summary>A message's events are handled: within the trace of the first that carries one. Null while nobody listens.</summary>
    /// <param name="queue">The queue's real name.</param>
    /// <param name="events">Events that were proven; what an unproven message says opens no trace.</param>
    public static ProcessSpan? Process(string queue, IReadOnlyList<CloudEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (!Source.HasListeners()) return null;
        var traced = events.Select(e => (Event: e, Context: TraceContext.Of(e))).Where(e => e.Context != default).Take(MaxEvents).ToList();
        var span = Consumer(queue, traced.Count > 0 ? traced[0].Context : default)?.SetTag("messaging.batch.message_count", events.Count);
        // One whose trace is not recorded goes on all the same: the others' may be.
        if (traced.Count > 0) Describe(span, traced[0].Event);
        else if (events.Count == 1) Describe(span, events[0]);
        return new(queue, span, traced);
    }

    /// <summary>A message is put. Null while nobody listens.</summary>
    public static Activity? Send(string queue, int events)
    {
        return Source.StartActivity($"send {queue}", ActivityKind.Producer)?.SetTag("messaging.system", MessagingSystem).SetTag("messaging.operation.name", "send")
            .SetTag("messaging.operation.type", "send").SetTag("messaging.destination.name", queue).SetTag("messaging.batch.message_count", events);
    }

    /// <summary>An event is delivered, within its own trace. Null while nobody listens.</summary>
    public static Activity? Deliver(ActivityContext made, string eventId, string type, string delivery, Guid endpoint)
    {
        return Source.StartActivity("webhook.deliver", ActivityKind.Client, made)?.SetTag("cloudevents.event_id", eventId).SetTag("cloudevents.event_type", type)
            .SetTag("heldar.delivery", delivery).SetTag("heldar.endpoint", endpoint.ToString("D"));
    }

    internal static Activity? Consumer(string queue, ActivityContext made, IEnumerable<ActivityLink>? links = null, DateTimeOffset since = default)
    {
        return Source.StartActivity($"process {queue}", ActivityKind.Consumer, made, null, links, since)?.SetTag("messaging.system", MessagingSystem)
            .SetTag("messaging.operation.name", "process").SetTag("messaging.operation.type", "process").SetTag("messaging.destination.name", queue);
    }

    internal static void Describe(Activity? span, CloudEvent one) =>
        span?.SetTag("cloudevents.event_id", one.Id).SetTag("cloudevents.event_type", one.Type).SetTag("cloudevents.event_source", one.Source);
}

/// <summary>Handling of one message, from its making to its disposal. Used by one caller.</summary>
public sealed class ProcessSpan : IDisposable
{
    private readonly string _queue;
    private readonly Activity? _span;
    private readonly IReadOnlyList<(CloudEvent Event, ActivityContext Context)> _traced;
    private readonly DateTimeOffset _since;
    private Exception? _fault;

    internal ProcessSpan(string queue, Activity? span, IReadOnlyList<(CloudEvent Event, ActivityContext Context)> traced)
    {
        (_queue, _span, _traced) = (queue, span, traced);
        _since = span is null ? default : new DateTimeOffset(span.StartTimeUtc);
    }

    /// <summary>Notes that it failed. The fault's words stay in the log.</summary>
    public void Fail(Exception fault) => _fault = fault;

    /// <inheritdoc/>
    public void Dispose()
    {
        Mark(_span);
        ActivityLink[] links = _span is null ? [] : [new ActivityLink(_span.Context)];
        _span?.Dispose();
        // The others' traces say the same, at the same times, and where the work itself is shown.
        foreach (var (one, context) in _traced.Skip(1))
        {
            using var own = PipelineTraces.Consumer(_queue, context, links, _since);
            PipelineTraces.Describe(own, one);
            Mark(own);
        }
    }

    private void Mark(Activity? span)
    {
        if (_fault is not null) span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", _fault.GetType().FullName);
    }
}
