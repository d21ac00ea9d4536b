using Heldar.Cloud.Versions;
using Heldar.Contracts.Timers;
using Heldar.Functions.Pipeline;
using NodaTime;

namespace Heldar.Functions.BuildIndex;

/// <summary>Timer: goes on with a new version of the index, when one is wanted.</summary>
internal sealed class BuildIndex(IndexBuilder builder) : ITimerFunction
{
    /// <summary>Shorter than a function may run on every plan, and than the interval.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    public string Name => nameof(BuildIndex);

    public Duration Interval => TimerTable.BuildIndex.Interval;

    public Task RunAsync(CancellationToken cancellation) => builder.StepAsync(Limit, cancellation);
}
