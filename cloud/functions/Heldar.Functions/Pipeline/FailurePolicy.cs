using Azure;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using NodaTime;
using Npgsql;
using Polly;
using Polly.CircuitBreaker;

namespace Heldar.Functions.Pipeline;

/// <summary>Something that should be right soon: the message is put back with a delay.</summary>
internal sealed class NotYetException(string message) : Exception(message);

/// <summary>The database is of another version: nobody's fault and nobody's attempt.</summary>
internal sealed class WrongSchemaException(string message) : Exception(message);

/// <summary>
/// The one failure policy of all handlers and both fronts. A transient failure or an open circuit puts a copy back with a delay and succeeds, so that the host's
/// dequeue count is spent on crashes only. A permanent failure concerns one event and is the handler's. Thread-safe.
/// </summary>
internal sealed partial class FailurePolicy
{
    /// <summary>Longest delay of a copy.</summary>
    public static readonly Duration MaxDelay = Duration.FromMinutes(10);

    /// <summary>How long "not yet" is believed, counted from the first attempt; then the event is a dead letter.</summary>
    public static readonly Duration Patience = Duration.FromMinutes(10);

    private readonly QueueStore _queues;
    private readonly IClock _clock;
    private readonly ILogger<FailurePolicy> _log;
    private readonly SchemaGate _schema;
    private readonly ResiliencePipeline _circuit;
    private readonly CircuitBreakerStateProvider _state = new();
    private volatile string _lastFault = "";

    public FailurePolicy(QueueStore queues, SchemaGate schema, IClock clock, ILogger<FailurePolicy> log)
    {
        (_queues, _schema, _clock, _log) = (queues, schema, clock, log);
        _circuit = new ResiliencePipelineBuilder()
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.5,
                MinimumThroughput = 8,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = TimeSpan.FromSeconds(5),
                StateProvider = _state,
                ShouldHandle = new PredicateBuilder().Handle<Exception>(IsTransient),
            })
            .Build();
        PipelineMetrics.Watch(_state);
    }

    /// <summary>Whether messages go back unasked, because too many failed just now.</summary>
    public bool IsOpen => _state.CircuitState == CircuitState.Open;

    /// <summary>Whether the circuit is not closed: open, or open until one message tried it.</summary>
    public bool IsStrained => _state.CircuitState != CircuitState.Closed;

    /// <summary>What failed last, in one line; empty when nothing did.</summary>
    public string LastFault => _lastFault;

    /// <summary>Runs a handler. The flag tells it that "not yet" will not be believed again.</summary>
    /// <param name="message">The message.</param>
    /// <param name="apply">The handler.</param>
    /// <param name="cancellation">Ends the attempt; the host sees a crash.</param>
    /// <param name="exact">A copy keeps the exact bytes and counts no attempts.</param>
    public async Task RunAsync(QueueMessage message, Func<QueueMessage, bool, Task> apply, CancellationToken cancellation, bool exact = false)
    {
        var envelope = exact ? null : TryParse(message.Body);
        var now = _clock.GetCurrentInstant();
        var first = envelope?.FirstSeen is { } seen && seen < now ? seen : now;
        var attempt = Math.Clamp(envelope?.Attempt ?? 0, 0, 1000);
        // Deliveries are put with the delay that they need; their figure is the one from the index to the receiver.
        if (attempt == 0 && message is { DequeueCount: 1, EnqueuedAt: { } put } && !message.Queue.StartsWith(QueueNames.Webhooks, StringComparison.Ordinal)) PipelineMetrics.Waited(message.Queue, now - put);
        try
        {
            await _circuit.ExecuteAsync(async token => await ApplyAsync(token), cancellation);
        }
        catch (WrongSchemaException wrong)
        {
            await PutBackAsync(message, envelope, attempt, first, Delay(4), wrong.Message, "schema", cancellation);
        }
        catch (BrokenCircuitException)
        {
            await PutBackAsync(message, envelope, attempt, first, Delay(Math.Max(attempt, 3)), "circuit open", "circuit", cancellation);
        }
        catch (NotYetException wait)
        {
            await PutBackAsync(message, envelope, attempt + 1, first, Delay(Math.Min(attempt, 5)), wait.Message, "not_yet", cancellation);
        }
        catch (Exception fault) when (IsTransient(fault))
        {
            _lastFault = fault.Message.Split('\n')[0];
            await PutBackAsync(message, envelope, attempt + 1, first, Delay(attempt), fault.Message, "fault", cancellation);
        }

        async Task ApplyAsync(CancellationToken token)
        {
            if (await _schema.ProblemAsync(token) is { } problem) throw new WrongSchemaException(problem);
            await apply(message with { Envelope = envelope }, attempt > 0 && now - first > Patience);
        }
    }

    /// <summary>Notes a message that was filed as a dead letter whole.</summary>
    public void Refused(QueueMessage message, string reason)
    {
        PipelineMetrics.DeadLetter(message.Queue, reason);
        LogRefused(message.Queue, message.Id, reason);
    }

    /// <summary>Notes events of a batch that were filed as dead letters, while its others were applied.</summary>
    public void Refused(string queue, Envelope batch, int events) => LogRefusedEvents(events, batch.BatchSeq, batch.Box, queue);

    /// <summary>Whether trying again later may help.</summary>
    public static bool IsTransient(Exception fault) => fault switch
    {
        PostgresException postgres => postgres.IsTransient || IsMissingPartition(postgres) || IsDeployment(postgres) || postgres.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CannotConnectNow,
        NpgsqlException or TimeoutException or IOException or HttpRequestException => true,
        // 401 and 403: a right that is not known yet, a key that was changed, an identity that gets no token. Somebody mends the deployment; no message is at fault.
        RequestFailedException storage => storage.Status is 0 or 401 or 403 or 408 or 429 or >= 500,
        AggregateException many => many.InnerExceptions.All(IsTransient),
        _ => false,
    };

    /// <summary>An older or newer schema, a password that was changed, a right that is missing: somebody mends the deployment, and no message is at fault.</summary>
    private static bool IsDeployment(PostgresException fault) => fault.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction
        or PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InsufficientPrivilege;

    /// <summary>A row that no partition takes yet: a timer makes it. It has the state of a broken check, and no constraint's name; data that breaks a check does so for ever.</summary>
    private static bool IsMissingPartition(PostgresException fault) => fault is { SqlState: PostgresErrorCodes.CheckViolation, ConstraintName: null or "" };

    /// <summary>1 s doubled per attempt, at most 10 minutes, with up to a quarter of jitter.</summary>
    internal static TimeSpan Delay(int attempt)
    {
        var seconds = Math.Min(Math.Pow(2, Math.Min(attempt, 20)), MaxDelay.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Min(seconds * (0.875 + (Random.Shared.NextDouble() * 0.25)), MaxDelay.TotalSeconds));
    }

    private async Task PutBackAsync(QueueMessage message, Envelope? envelope, int attempt, Instant first, TimeSpan delay, string cause, string word, CancellationToken cancellation)
    {
        // What is no envelope can carry no attempt; it is refused as soon as the database takes it.
        var copy = envelope is null ? message.Body : (envelope with { Attempt = attempt, FirstSeen = first }).ToBytes();
        // The queue counts whole seconds and cuts off the rest: 0.9 s would be none.
        await _queues.SendAsync(message.Queue, copy, TimeSpan.FromSeconds(Math.Max(1, Math.Round(delay.TotalSeconds))), cancellation);
        PipelineMetrics.PutBack(message.Queue, word);
        LogPutBack(message.Queue, message.Id, attempt, delay.TotalSeconds, cause);
    }

    private static Envelope? TryParse(byte[] body)
    {
        try
        {
            return Envelope.Parse(body);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(4001, LogLevel.Warning, "message {Id} of {Queue} goes back for attempt {Attempt} in {Seconds:0.0} s: {Cause}")]
    private partial void LogPutBack(string queue, string id, int attempt, double seconds, string cause);

    [LoggerMessage(4002, LogLevel.Warning, "message {Id} of {Queue} is a dead letter: {Reason}")]
    private partial void LogRefused(string queue, string id, string reason);

    [LoggerMessage(4003, LogLevel.Warning, "{Count} events of batch {BatchSeq} of box {Box} of {Queue} became dead letters")]
    private partial void LogRefusedEvents(int count, long batchSeq, Guid box, string queue);
}
