using System.Net.Http.Json;
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

/// <summary>Timers in both fronts, over one database: once per slot, never two at once, missed slots once.</summary>
public sealed class TimerGateTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Noon = Instant.FromUtc(2026, 11, 21, 12, 0);

    [Fact]
    public async Task RacingWorkers_RunEachSlotOnce_AndNeverTogether()
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        var clock = new SlotClock(Noon);
        var timer = new CountingTimer();
        var gates = Enumerable.Range(0, 4).Select(_ => Gate(cloud, clock)).ToList();

        for (var slot = 1; slot <= 25; slot++)
        {
            // Host timers fire a little after the slot, and not equally late each time.
            clock.Now = Noon + Duration.FromMinutes(slot) + Duration.FromMilliseconds(slot % 2 == 0 ? 3 : 900);
            var ran = await Task.WhenAll(gates.Concat(gates).Select(g => g.RunIfDueAsync(timer, TestContext.Current.CancellationToken)));

            Assert.Single(ran, r => r);
            Assert.Equal(slot, timer.Runs);
        }

        Assert.Equal(1, timer.Most);
    }

    [Fact]
    public async Task MissedSlots_BecomeOneRun()
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        var clock = new SlotClock(Noon);
        var timer = new CountingTimer();
        var gate = Gate(cloud, clock);
        Assert.True(await gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken));
        clock.Now += Duration.FromHours(3);

        Assert.True(await gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken));
        Assert.False(await gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken));
        Assert.Equal(2, timer.Runs);
    }

    [Fact]
    public async Task SlotOfAFailedRun_StaysDue()
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        var timer = new CountingTimer { Fault = new InvalidOperationException("broken") };
        var gate = Gate(cloud, new SlotClock(Noon));

        await Assert.ThrowsAsync<InvalidOperationException>(() => gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken));
        timer.Fault = null;

        Assert.True(await gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LeaseOfADeadWorker_IsWaitedFor_AndThenTaken()
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        var timer = new CountingTimer();
        var gate = Gate(cloud, new SlotClock(Noon));
        await cloud.ScalarAsync<object>("insert into timer_run (timer, last_run, holder, lease_until) values ('Counting', 'epoch', gen_random_uuid(), clock_timestamp() + interval '1 minute')");

        Assert.False(await gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken));
        await cloud.ScalarAsync<object>("update timer_run set lease_until = clock_timestamp() - interval '1 second'");
        Assert.True(await gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ClockThatWasFarAhead_StopsNoTimer()
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        var clock = new SlotClock(Noon + Duration.FromDays(400));
        var timer = new CountingTimer();
        var gate = Gate(cloud, clock);
        await gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken);
        clock.Now = Noon;

        Assert.True(await gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken));
        Assert.False(await gate.RunIfDueAsync(timer, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task BothFronts_ShareOneRunPerSlot()
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        var clock = new SlotClock(Noon);
        var timer = new CountingTimer();
        await using var handler = App(cloud, clock, timer, worker: false);
        await using var worker = App(cloud, clock, timer, worker: true);
        await handler.StartAsync(TestContext.Current.CancellationToken);
        await worker.StartAsync(TestContext.Current.CancellationToken);
        using var host = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(handler.Urls.First()) };

        for (var slot = 0; slot < 5; slot++)
        {
            clock.Now = Noon + Duration.FromMinutes(slot);
            using var answer = await host.PostAsJsonAsync("/Counting", new { Data = new { timer = new { IsPastDue = false } } }, TestContext.Current.CancellationToken);
            answer.EnsureSuccessStatusCode();
            await Cloud.UntilAsync("the slot was run", async () => timer.Runs == slot + 1 && await cloud.ScalarAsync<long>("select count(*) from timer_run where holder is null and last_run = @at", new { at = clock.Now.ToDateTimeUtc() }) == 1);
        }

        await worker.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal((5, 1), (timer.Runs, timer.Most));
    }

    private static TimerGate Gate(Cloud cloud, IClock clock) => new(cloud.Database, new SchemaGate(cloud.Database, clock), clock, TimeProvider.System, NullLogger<TimerGate>.Instance);

    private static WebApplication App(Cloud cloud, IClock clock, ITimerFunction timer, bool worker)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var options = new FunctionsOptions(cloud.PipelineDatabase, cloud.Storage, cloud.Shard, null, 0, 1);
        builder.Services.AddSingleton(TimeProvider.System).AddHandlers(options).AddSingleton(clock);
        builder.Services.AddSingleton(s => new FunctionTable([], [timer], options, NullLogger<FunctionTable>.Instance));
        if (worker) builder.Services.AddHostedService<WorkerFront>();
        var app = builder.Build();
        if (!worker) app.MapHandlerFront();
        return app;
    }

    private sealed class SlotClock(Instant now) : IClock
    {
        public Instant Now { get; set; } = now;

        public Instant GetCurrentInstant() => Now;
    }

    /// <summary>Counts its runs and how many ran at once.</summary>
    private sealed class CountingTimer : ITimerFunction
    {
        private int _runs;
        private int _running;
        private int _most;

        public string Name => "Counting";

        public Duration Interval => Duration.FromMinutes(1);

        public int Runs => Volatile.Read(ref _runs);

        public int Most => Volatile.Read(ref _most);

        public Exception? Fault { get; set; }

        public async Task RunAsync(CancellationToken cancellation)
        {
            if (Fault is { } fault) throw fault;
            _most = Math.Max(_most, Interlocked.Increment(ref _running));
            await Task.Delay(20, cancellation);
            Interlocked.Increment(ref _runs);
            Interlocked.Decrement(ref _running);
        }
    }
}
