using Heldar.Cloud.Days;
using Heldar.Cloud.Index;
using Heldar.Functions.Pipeline;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.FoldSpans;

/// <summary>Timer: makes partitions ahead and drops old ones, then folds closed camera-hours from landing into spans.</summary>
internal sealed partial class FoldSpans(NpgsqlDataSource database, SpanFold fold, DayPartitions days, IClock clock, ILogger<FoldSpans> log) : ITimerFunction
{
    public string Name => nameof(FoldSpans);

    public Duration Interval => Duration.FromMinutes(1);

    public async Task RunAsync(CancellationToken cancellation)
    {
        await IndexPartitions.EnsureAsync(database, clock.GetCurrentInstant(), cancellation);
        await days.EnsureAheadAsync(clock.GetCurrentInstant(), cancellation);
        var done = await fold.RunAsync(cancellation);
        if (done.Hours > 0) Folded(done.Segments, done.Hours, done.Conflicts);
    }

    [LoggerMessage(4101, LogLevel.Information, "folded {Segments} segments of {Hours} camera-hours, {Conflicts} conflicts")]
    private partial void Folded(int segments, int hours, int conflicts);
}
