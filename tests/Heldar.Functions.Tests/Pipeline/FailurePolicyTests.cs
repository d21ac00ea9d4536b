using System.Collections.Concurrent;
using System.Net.Http.Json;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Fronts;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>One policy, seen through both fronts: what a handler's fault does to its message.</summary>
public sealed class FailurePolicyTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task TransientFault_ComesBack_WithItsAttemptAndFirstTime(string kind)
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        using var box = new TestBox();
        await using var front = await ProbedFront.StartAsync(kind, cloud, (call, _) => call < 2 ? throw new TimeoutException("away") : Task.CompletedTask);
        await cloud.SendAsync(box.Seal([box.Event(TestBox.Segment(Guid.CreateVersion7(), Scene.Now, Scene.Half))]));

        await Cloud.UntilAsync("three attempts", () => Task.FromResult(front.Seen.Count == 3));
        await cloud.DrainedAsync();

        Assert.Equal([null, 1, 2], front.Seen.Select(e => e.Attempt));
        var first = Assert.Single(front.Seen.Skip(1).Select(e => e.FirstSeen).Distinct());
        Assert.InRange(first!.Value, Scene.Now, SystemClock.Instance.GetCurrentInstant() - Duration.FromSeconds(2));
        Assert.Equal(0, await cloud.ScalarAsync<long>("select count(*) from dead_letter"));
    }

    [Theory]
    [InlineData("insert into index_version (version, state) values (99, 'unheard')", false)]
    [InlineData("insert into coverage_clock (one, through) values (false, now())", false)]
    [InlineData("insert into coverage (tenant, camera, day, hour, wanted_ms, present_ms, missing_ms, causes, counted_at) values ('main', gen_random_uuid(), '1999-01-01', '1999-01-01', 0, 0, 0, '{}', now())", true)]
    [InlineData("select 1 from a_table_that_comes_with_the_next_version", true)]
    [InlineData("select a_function_that_comes_with_the_next_version(1)", true)]
    public async Task BrokenCheck_IsForEver_AndAMissingPartitionIsNot(string sql, bool transient)
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);

        var fault = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => cloud.ScalarAsync<long>(sql));

        Assert.Equal(transient, FailurePolicy.IsTransient(fault));
    }

    [Theory]
    [InlineData(Npgsql.PostgresErrorCodes.InvalidPassword)]
    [InlineData(Npgsql.PostgresErrorCodes.InvalidAuthorizationSpecification)]
    [InlineData(Npgsql.PostgresErrorCodes.InsufficientPrivilege)]
    public void RefusalOfTheDatabase_IsNoMessagesFault(string state) => Assert.True(FailurePolicy.IsTransient(new Npgsql.PostgresException("refused", "ERROR", "ERROR", state)));

    [Theory]
    [InlineData(401, true)]
    [InlineData(403, true)]
    [InlineData(503, true)]
    [InlineData(400, false)]
    [InlineData(404, false)]
    public void RefusalOfTheStorageAccount_IsNoMessagesFault(int status, bool transient) => Assert.Equal(transient, FailurePolicy.IsTransient(new Azure.RequestFailedException(status, "refused")));

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task OpenCircuit_PutsBack_AndRaisesNoAttempt(string kind)
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        using var box = new TestBox();
        var away = true;
        await using var front = await ProbedFront.StartAsync(kind, cloud, (_, e) => away && e.Class == EventClass.Segment ? throw new TimeoutException("away") : Task.CompletedTask);
        for (var i = 0; i < 10; i++) await cloud.SendAsync(box.Seal([box.Event(TestBox.Segment(Guid.CreateVersion7(), Scene.Now, Scene.Half))]));
        await Cloud.UntilAsync("the circuit opens", () => Task.FromResult(front.Policy.IsOpen));

        var marked = box.Seal([box.Event(TestBox.Segment(Guid.CreateVersion7(), Scene.Now, Scene.Half))], EventClass.Alert) with { Attempt = 3, FirstSeen = Scene.Now };
        await cloud.SendAsync(marked);
        await Cloud.UntilAsync("it was put back", () => Task.FromResult(front.PutBack.Any(l => l.Contains("circuit open", StringComparison.Ordinal) && l.Contains("attempt 3 ", StringComparison.Ordinal))));
        away = false;
        await Cloud.UntilAsync("it is handled", () => Task.FromResult(front.Seen.Any(e => e.Class == EventClass.Alert)), seconds: 60);

        var handled = Assert.Single(front.Seen, e => e.Class == EventClass.Alert);
        Assert.Equal((3, Scene.Now), (handled.Attempt, handled.FirstSeen));
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Crash_CountsByTheQueue_UntilThePoisonQueue_AndTheLetters(string kind)
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        using var box = new TestBox();
        var queue = cloud.Queue(QueueNames.Segments);
        await cloud.SendAsync(box.Seal([box.Event(TestBox.Segment(Guid.CreateVersion7(), Scene.Now, Scene.Half))]));

        // Four deliveries that ended without an answer; the fifth is the front's.
        for (var i = 0; i < WorkerQueue.MaxDequeueCount - 1; i++)
        {
            var leased = Assert.Single(await cloud.Queues.ReceiveAsync(queue, 1, TimeSpan.FromMinutes(1), CancellationToken.None));
            await cloud.Queues.RenewAsync(queue, leased, TimeSpan.Zero, CancellationToken.None);
        }

        await using var front = await ProbedFront.StartAsync(kind, cloud, (_, _) => throw new InvalidOperationException("a bug"));
        await Cloud.UntilAsync("it is poison", async () => await cloud.Queues.CountAsync(QueueNames.Poison(queue), CancellationToken.None) == 1);
        Assert.Single(front.Seen);

        await using var drain = await RunningFront.StartAsync(kind, cloud);
        await Cloud.UntilAsync("it is a letter", async () => (await cloud.LetterReasonsAsync()).SequenceEqual([DeadLetterReasons.TooOften]), seconds: 60);
    }

    /// <summary>One front of a function that the test makes fail. The handler front gets its messages from a loop with the Functions host's rules.</summary>
    private sealed class ProbedFront : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private WebApplication? _handler;
        private Task _loop = Task.CompletedTask;

        public required FailurePolicy Policy { get; init; }

        public required Lines Log { get; init; }

        public ConcurrentQueue<Envelope> Seen { get; } = [];

        public IEnumerable<string> PutBack => Log.Said;

        public static async Task<ProbedFront> StartAsync(string kind, Cloud cloud, Func<int, Envelope, Task> apply)
        {
            var log = new Lines();
            var front = new ProbedFront { Log = log, Policy = new FailurePolicy(cloud.Queues, new SchemaGate(cloud.Database, SystemClock.Instance), SystemClock.Instance, log) };
            var calls = -1;
            var probe = new Probe(message => front.Policy.RunAsync(
                message,
                (m, _) =>
                {
                    front.Seen.Enqueue(m.Envelope!);
                    return apply(Interlocked.Increment(ref calls), m.Envelope!);
                },
                CancellationToken.None));
            var options = new FunctionsOptions(cloud.PipelineDatabase, cloud.Storage, cloud.Shard, null, 0, 4);
            if (kind == "worker")
            {
                front._loop = new WorkerQueue(probe, cloud.Queue(probe.Queue), cloud.Queues, options, TimeProvider.System, NullLogger.Instance).RunAsync(front._stop.Token);
                return front;
            }

            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddSingleton(TimeProvider.System).AddHandlers(options).AddSingleton(new FunctionTable([probe], [], options, NullLogger<FunctionTable>.Instance));
            front._handler = builder.Build();
            front._handler.MapHandlerFront();
            await front._handler.StartAsync();
            front._loop = HostAsync(new Uri(new Uri(front._handler.Urls.First()), probe.Name), cloud.Queues, cloud.Queue(probe.Queue), front._stop.Token);
            return front;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _loop;
            if (_handler is not null) await _handler.DisposeAsync();
            _stop.Dispose();
        }

        private static async Task HostAsync(Uri function, QueueStore queues, string queue, CancellationToken stop)
        {
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
            while (!stop.IsCancellationRequested)
            {
                foreach (var message in await queues.ReceiveAsync(queue, 16, TimeSpan.FromMinutes(1), CancellationToken.None))
                {
                    using var answer = await client.PostAsJsonAsync(function, new { Data = new { message = message.Text }, Metadata = new { DequeueCount = $"{message.DequeueCount}", Id = $"\"{message.Id}\"" } }, System.Text.Json.JsonSerializerOptions.Default, CancellationToken.None);
                    if (!answer.IsSuccessStatusCode && message.DequeueCount < WorkerQueue.MaxDequeueCount)
                    {
                        await queues.RenewAsync(queue, message, TimeSpan.Zero, CancellationToken.None);
                        continue;
                    }

                    if (!answer.IsSuccessStatusCode) await queues.SendPoisonAsync(QueueNames.Poison(queue), message.Text, CancellationToken.None);
                    await queues.DeleteAsync(queue, message.Id, message.PopReceipt, CancellationToken.None);
                }

                await Task.Delay(50, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private sealed class Probe(Func<QueueMessage, Task> run) : IQueueFunction
    {
        public string Name => nameof(Probe);

        public string Queue => QueueNames.Segments;

        public Task RunAsync(QueueMessage message, CancellationToken cancellation) => run(message);
    }

    private sealed class Lines : ILogger<FailurePolicy>
    {
        public ConcurrentQueue<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Said.Enqueue(formatter(state, exception));
    }
}
