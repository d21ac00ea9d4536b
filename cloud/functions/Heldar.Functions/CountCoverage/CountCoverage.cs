using Heldar.Cloud.Coverage;
using Heldar.Contracts.Timers;
using Heldar.Functions.Pipeline;
using NodaTime;

namespace Heldar.Functions.CountCoverage;

/// <summary>Timer: keeps the coverage ledger.</summary>
internal sealed partial class CountCoverage(CoverageLedger ledger, ILogger<CountCoverage> log) : ITimerFunction
{
    public string Name => nameof(CountCoverage);

    public Duration Interval => TimerTable.CountCoverage.Interval;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var hours = await ledger.RunAsync(cancellation);
        if (hours > 0) Counted(hours);
    }

    [LoggerMessage(4501, LogLevel.Information, "counted {Hours} camera-hours")]
    private partial void Counted(int hours);
}
