using Heldar.Contracts.Queues;
using Heldar.Functions.Settings;

namespace Heldar.Functions.Pipeline;

/// <summary>All functions of this program, by name; those of queues are measured.</summary>
internal sealed class FunctionTable(IEnumerable<IQueueFunction> queues, IEnumerable<ITimerFunction> timers, FunctionsOptions options, ILogger<FunctionTable> log)
{
    public IReadOnlyDictionary<string, IQueueFunction> Queues { get; } =
        queues.ToDictionary(f => f.Name, IQueueFunction (f) => new MeasuredFunction(f, options.Shard, log), StringComparer.Ordinal);

    public IReadOnlyDictionary<string, ITimerFunction> Timers { get; } = timers.ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>The real name of a function's queue in this deployment's shard.</summary>
    public string QueueOf(IQueueFunction function) => QueueNames.InShard(function.Queue, options.Shard);
}
