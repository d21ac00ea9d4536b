using Heldar.Contracts.Events;

namespace Heldar.Functions.Pipeline;

/// <summary>A queue message as both fronts hand it over.</summary>
/// <param name="Queue">The queue's real name, for example <c>segments-0</c>.</param>
/// <param name="Id">Message id of the queue, for logs.</param>
/// <param name="DequeueCount">From 1.</param>
/// <param name="Body">The exact bytes behind the base64.</param>
internal sealed record QueueMessage(string Queue, string Id, long DequeueCount, byte[] Body)
{
    /// <summary>The envelope that the body holds, as <see cref="FailurePolicy"/> read it; null when it is none or was not read.</summary>
    public Envelope? Envelope { get; init; }

    /// <summary>When the queue took it, by the queue's clock; null where the front cannot tell.</summary>
    public NodaTime.Instant? EnqueuedAt { get; init; }
}

/// <summary>
/// One function of one queue. Stateless; runs in parallel. Returns when the message may be deleted. An exception is a crash: the host counts it and, after
/// maxDequeueCount, moves the message to the poison queue. Expected failures are handled by <see cref="FailurePolicy"/> and never reach the host.
/// </summary>
internal interface IQueueFunction
{
    /// <summary>The function's name: its folder and the path that the host posts to.</summary>
    string Name { get; }

    /// <summary>Unsharded queue.</summary>
    string Queue { get; }

    Task RunAsync(QueueMessage message, CancellationToken cancellation);
}

/// <summary>One function on a schedule.</summary>
internal interface ITimerFunction
{
    string Name { get; }

    /// <summary>Its row among the timers' leases: one for all shards, unless it has to run in each.</summary>
    string Row => Name;

    /// <summary>How often it runs, at multiples of this since 1970; function.json holds the host's NCRONTAB form of the same.</summary>
    NodaTime.Duration Interval { get; }

    Task RunAsync(CancellationToken cancellation);
}
