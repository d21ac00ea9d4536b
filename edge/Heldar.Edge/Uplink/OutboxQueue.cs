using System.Collections.Immutable;
using Heldar.Contracts.Events;

namespace Heldar.Edge.Uplink;

/// <summary>One stream of batches: events of one class for one queue. The unit that is sealed together.</summary>
/// <param name="Class">Its batches share the class's numbering.</param>
/// <param name="Queue">Unsharded queue name.</param>
internal readonly record struct OutboxQueue(EventClass Class, string Queue)
{
    /// <summary>Every stream that the event types make, in the order in which they are sent.</summary>
    public static ImmutableArray<OutboxQueue> All { get; } =
        [.. EventTypes.All.Select(t => new OutboxQueue(t.Class, t.Queue)).Distinct().OrderBy(q => q.Class)];
}
