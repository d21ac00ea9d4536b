using System.Collections.Concurrent;
using System.Text;
using Heldar.Cloud.Queues;
using Heldar.Functions.Fronts;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Local.Processes;
using Heldar.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Heldar.Functions.Tests.Fronts;

/// <summary>The pull loop alone, over a real queue, with a function that the test holds open.</summary>
public sealed class WorkerQueueTests(AzuriteFixture azurite)
{
    private const int Room = 3;
    private const int Sent = 10;

    [Fact]
    public async Task Handlers_RunUpToTheLimit_AndNeverBeyond()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var queues = new QueueStore(azurite.ConnectionString);
        await queues.CreateAsync("worker-limit", cancellation);
        for (var i = 0; i < Sent; i++) await queues.SendAsync("worker-limit", Encoding.UTF8.GetBytes($"{i}"), TimeSpan.Zero, cancellation);
        using var function = new HeldFunction();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var options = new FunctionsOptions("", azurite.ConnectionString, "0", null, 0, Room);
        var loop = new WorkerQueue(function, "worker-limit", queues, options, TimeProvider.System, NullLogger.Instance).RunAsync(stop.Token);

        for (var left = Sent; left > 0; left--)
        {
            var expected = Math.Min(Room, left);
            await Pipeline.Cloud.UntilAsync($"{expected} handlers run", () => Task.FromResult(function.Running == expected));
            function.Finish();
            await Pipeline.Cloud.UntilAsync("one has finished", () => Task.FromResult(function.Handled.Count == Sent - left + 1));
        }

        await Pipeline.Cloud.UntilAsync("the queue is empty", async () => await queues.CountAsync("worker-limit", cancellation) == 0);
        await stop.CancelAsync();
        await loop;
        Assert.Equal(Room, function.Most);
        Assert.Equal(Sent, function.Handled.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Listener_LivesOn_WhateverTheAccountAnswers()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var asked = 0;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var nonsense = builder.Build();
        nonsense.Run(context =>
        {
            Interlocked.Increment(ref asked);
            return context.Response.WriteAsync("<QueueMessagesList><Queue", context.RequestAborted);
        });
        await nonsense.StartAsync(cancellation);
        using var function = new HeldFunction();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var options = new FunctionsOptions("", "", "0", null, 0, Room);
        var loop = new WorkerQueue(function, "q", new QueueStore(Account(nonsense.Urls.First())), options, TimeProvider.System, NullLogger.Instance).RunAsync(stop.Token);

        await Pipeline.Cloud.UntilAsync("it asks again", () => Task.FromResult(Volatile.Read(ref asked) >= 3 || loop.IsCompleted));
        Assert.False(loop.IsCompleted);
        await stop.CancelAsync();
        await loop;
    }

    [Fact]
    public async Task PoisonMessage_NeverExpires()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var queues = new QueueStore(azurite.ConnectionString);
        await queues.CreateAsync("worker-bug", cancellation);
        await queues.SendAsync("worker-bug", "x"u8.ToArray(), TimeSpan.Zero, cancellation);
        // Deliveries that ended without an answer; the last is the loop's.
        for (var i = 0; i < WorkerQueue.MaxDequeueCount - 1; i++) await queues.RenewAsync("worker-bug", Assert.Single(await queues.ReceiveAsync("worker-bug", 1, TimeSpan.FromMinutes(1), cancellation)), TimeSpan.Zero, cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var loop = new WorkerQueue(new BuggyFunction(), "worker-bug", queues, new FunctionsOptions("", azurite.ConnectionString, "0", null, 0, Room), TimeProvider.System, NullLogger.Instance).RunAsync(stop.Token);

        await Pipeline.Cloud.UntilAsync("it is poison", async () => await queues.TryCountAsync("worker-bug-poison", cancellation) == 1);
        await stop.CancelAsync();
        await loop;
        using var probe = new StorageProbe(azurite.ConnectionString);
        var expires = await probe.FrontExpiresAsync("worker-bug-poison");
        Assert.True(expires > DateTimeOffset.UnixEpoch.AddYears(1000), $"it expires at {expires:o}");
    }

    [Fact]
    public async Task Renewal_KeepsTheReceiptItHas_WhenTheAccountIsAway()
    {
        var away = new QueueStore(Account($"http://127.0.0.1:{Ports.Free()}"));
        using var renewal = new LeaseRenewal(away, "q", new LeasedMessage("m1", "receipt", 1, ""), TimeSpan.FromMilliseconds(2), TimeProvider.System);

        await Pipeline.Cloud.UntilAsync("a renewal has failed", () => Task.FromResult(renewal.HasEnded));

        Assert.Equal("receipt", await renewal.StopAsync());
    }

    private static string Account(string endpoint) => $"AccountName=a;AccountKey=AAAA;QueueEndpoint={endpoint}/a";

    private sealed class BuggyFunction : IQueueFunction
    {
        public string Name => "Buggy";

        public string Queue => "worker-bug";

        public Task RunAsync(QueueMessage message, CancellationToken cancellation) => throw new InvalidOperationException("a bug");
    }

    /// <summary>Each run waits until the test lets one finish.</summary>
    private sealed class HeldFunction : IQueueFunction, IDisposable
    {
        private readonly SemaphoreSlim _let = new(0);
        private int _running;
        private int _most;

        public string Name => "Held";

        public string Queue => "worker-limit";

        public int Running => Volatile.Read(ref _running);

        public int Most => Volatile.Read(ref _most);

        public ConcurrentQueue<string> Handled { get; } = [];

        public void Finish() => _let.Release();

        public void Dispose() => _let.Dispose();

        public async Task RunAsync(QueueMessage message, CancellationToken cancellation)
        {
            var running = Interlocked.Increment(ref _running);
            InterlockedMax(ref _most, running);
            await _let.WaitAsync(cancellation);
            Interlocked.Decrement(ref _running);
            Handled.Enqueue(Encoding.UTF8.GetString(message.Body));
        }

        private static void InterlockedMax(ref int most, int value)
        {
            int seen;
            while ((seen = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, seen) != seen)
            {
            }
        }
    }
}
