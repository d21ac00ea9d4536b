using Dapper;
using Heldar.Cloud.Days;
using Heldar.Cloud.Index;
using Heldar.Contracts.Timers;
using Heldar.Functions.Pipeline;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.FoldSpans;

/// <summary>Timer: makes partitions ahead and drops old ones, then folds closed camera-hours from landing into spans.</summary>
internal sealed partial class FoldSpans(NpgsqlDataSource database, SpanFold fold, DayPartitions days, SpanMonths months, IClock clock, ILogger<FoldSpans> log) : ITimerFunction
{
    public string Name => nameof(FoldSpans);

    public Duration Interval => TimerTable.FoldSpans.Interval;

    /// <summary>After the end of an hour every camera has one to be folded.</summary>
    private static readonly Duration Late = Duration.FromMinutes(30);

    /// <summary>Months are looked at once an hour: they are few and change slowly.</summary>
    private Instant _monthsDue = Instant.MinValue;

    public async Task RunAsync(CancellationToken cancellation)
    {
        await IndexPartitions.EnsureAsync(database, clock.GetCurrentInstant(), cancellation);
        await days.EnsureAheadAsync(clock.GetCurrentInstant(), cancellation);
        if (clock.GetCurrentInstant() is var now && now >= _monthsDue)
        {
            await months.DropOldAsync(now, cancellation);
            _monthsDue = now + Duration.FromHours(1);
        }

        var done = await fold.RunAsync(cancellation);
        if (done.Hours > 0) Folded(done.Segments, done.Hours, done.Conflicts);
        if (done.Left.BehindSince is { } since && since < clock.GetCurrentInstant() - Late) Behind(since, done.Left.Waiting, done.Left.Changed);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var conflicts = await connection.ExecuteScalarAsync<long>(new CommandDefinition("select count(*) from segment_conflict where detected_at > now() - interval '2 minutes'", cancellationToken: cancellation));
        if (conflicts > 0) Conflicting(conflicts);
    }

    [LoggerMessage(4101, LogLevel.Information, "folded {Segments} segments of {Hours} camera-hours, {Conflicts} conflicts")]
    private partial void Folded(int segments, int hours, int conflicts);

    [LoggerMessage(4103, LogLevel.Error, "the fold is behind since {Since}: {Waiting} landed and {Changed} changed camera-hours wait")]
    private partial void Behind(Instant since, long waiting, long changed);

    /// <summary>Whoever wrote the second hash has a fault or an intent: both are kept in <c>segment_conflict</c>.</summary>
    [LoggerMessage(4102, LogLevel.Error, "{Conflicts} segments came again under the same revision with another hash within the last 2 minutes; see segment_conflict")]
    private partial void Conflicting(long conflicts);
}
