using System.Diagnostics.Metrics;
using Heldar.Contracts.Events;
using NodaTime;
using Polly.CircuitBreaker;

namespace Heldar.Functions.Pipeline;

/// <summary>
/// What the handlers of this process do. Static, as all instruments of rooms are. Labels are functions, queues of the one shard, event types of the table and words of
/// this program: what a message says never becomes one.
/// </summary>
internal static class PipelineMetrics
{
    private static readonly double[] Lags = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400, 604_800];
    private static readonly Meter Meter = new("Heldar.Functions.Pipeline");

    private static readonly Counter<long> Events = Meter.CreateCounter<long>(
        "heldar.pipeline.events", null, "Events by type and outcome: applied, duplicate (their batch had come before), permanent (a dead letter), transient (they come again).");

    private static readonly Histogram<double> Age = Meter.CreateHistogram(
        "heldar.pipeline.event.age", "s", "From what an event says it happened at to its commit, by the box's and this machine's clock.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Lags });

    private static readonly Histogram<double> Wait = Meter.CreateHistogram(
        "heldar.pipeline.queue.wait", "s", "From a message's put to the beginning of its handling; messages that were put with a delay are left out.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Lags });

    private static readonly Histogram<double> Handling = Meter.CreateHistogram(
        "heldar.pipeline.handling", "s", "Time that a function took for one message, by outcome: done (a message that goes back included) or crashed.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

    private static readonly Histogram<double> Timer = Meter.CreateHistogram(
        "heldar.pipeline.timer", "s", "Time that one run of a timer took, by outcome.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300] });

    private static readonly Counter<long> PutBacks = Meter.CreateCounter<long>(
        "heldar.pipeline.put.backs", null, "Messages that were put back with a delay, by queue and cause: fault, circuit, not_yet, schema.");

    private static readonly Counter<long> Letters = Meter.CreateCounter<long>("heldar.pipeline.dead.letters", null, "Events and messages that became dead letters, by queue and reason.");

    private static volatile CircuitBreakerStateProvider? _breaker;

    static PipelineMetrics() => Meter.CreateObservableGauge("heldar.pipeline.breaker", Breaker, null, "The circuit breaker's state: 1 for the one that it is in.");

    /// <summary>Counts events of one outcome.</summary>
    public static void Count(IEnumerable<CloudEvent> events, string outcome)
    {
        foreach (var one in events) Count(one.Type, outcome);
    }

    /// <summary>Counts one event.</summary>
    public static void Count(string? type, string outcome) => Events.Add(1, new("type", EventTypes.TryGet(type, out var known) ? known.Type : "unknown"), new("outcome", outcome));

    /// <summary>Notes how old events are that were committed now.</summary>
    public static void Aged(IEnumerable<CloudEvent> events, Instant now)
    {
        // A box whose clock is ahead is not early.
        foreach (var one in events) Age.Record(Math.Max(0, (now - one.Time).TotalSeconds), new KeyValuePair<string, object?>("type", one.Type));
    }

    public static void Waited(string queue, Duration wait) => Wait.Record(Math.Max(0, wait.TotalSeconds), new KeyValuePair<string, object?>("queue", queue));

    public static void Handled(string function, bool done, TimeSpan took) => Handling.Record(took.TotalSeconds, new("function", function), new("outcome", done ? "done" : "crashed"));

    public static void TimerRan(string timer, bool done, TimeSpan took) => Timer.Record(took.TotalSeconds, new("timer", timer), new("outcome", done ? "done" : "failed"));

    public static void PutBack(string queue, string cause) => PutBacks.Add(1, new("queue", queue), new("cause", cause));

    public static void DeadLetter(string queue, string reason) => Letters.Add(1, new("queue", queue), new("reason", reason));

    /// <summary>The breaker to tell of; a program has one.</summary>
    public static void Watch(CircuitBreakerStateProvider breaker) => _breaker = breaker;

    private static IEnumerable<Measurement<long>> Breaker()
    {
        if (_breaker is not { } breaker) return [];
        var now = breaker.CircuitState;
        return
        [
            new(now == CircuitState.Closed ? 1 : 0, new KeyValuePair<string, object?>("state", "closed")),
            new(now == CircuitState.HalfOpen ? 1 : 0, new KeyValuePair<string, object?>("state", "half_open")),
            new(now is CircuitState.Open or CircuitState.Isolated ? 1 : 0, new KeyValuePair<string, object?>("state", "open")),
        ];
    }
}
