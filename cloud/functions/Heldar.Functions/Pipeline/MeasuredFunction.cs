using System.Diagnostics;

namespace Heldar.Functions.Pipeline;

/// <summary>A function as both fronts run it: measured, and with a log scope by which every line says which message, box and events it is about. Thread-safe.</summary>
internal sealed class MeasuredFunction(IQueueFunction function, string shard, ILogger log) : IQueueFunction
{
    public string Name => function.Name;

    public string Queue => function.Queue;

    public async Task RunAsync(QueueMessage message, CancellationToken cancellation)
    {
        using var scope = log.BeginScope(new MessageScope(shard, message));
        var (started, done) = (Stopwatch.GetTimestamp(), false);
        try
        {
            await function.RunAsync(message, cancellation);
            done = true;
        }
        finally
        {
            PipelineMetrics.Handled(function.Name, done, Stopwatch.GetElapsedTime(started));
        }
    }
}
