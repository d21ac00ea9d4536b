using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>An open circuit is a row while it is open.</summary>
public sealed class BreakerReportTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task OpenCircuit_IsWrittenDown_AndItsRowGoesWhenItCloses()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        var policy = new FailurePolicy(cloud.Queues, new SchemaGate(cloud.Database, SystemClock.Instance), SystemClock.Instance, NullLogger<FailurePolicy>.Instance);
        var options = new FunctionsOptions(cloud.PipelineDatabase, cloud.Storage, cloud.Shard, null, 0, 4);
        using var report = new BreakerReport(policy, cloud.Database, options, TimeProvider.System, NullLogger<BreakerReport>.Instance);
        var message = new QueueMessage(cloud.Queue(QueueNames.Segments), "m", 1, "{}"u8.ToArray());

        await report.LookAsync(cancellation);
        Assert.Equal(0, await cloud.ScalarAsync<long>("select count(*) from breaker"));
        for (var i = 0; i < 20 && !policy.IsStrained; i++) await policy.RunAsync(message, (_, _) => throw new TimeoutException("no answer\nat all"), cancellation);
        await report.LookAsync(cancellation);
        Assert.Equal($"{cloud.Shard}: no answer", await cloud.ScalarAsync<string>("select shard || ': ' || cause from breaker"));

        // The circuit tries one message after 5 s; it is good, and the circuit closes.
        await Cloud.UntilAsync("the circuit closes", async () =>
        {
            await policy.RunAsync(message, (_, _) => Task.CompletedTask, cancellation);
            return !policy.IsStrained;
        });
        await report.LookAsync(cancellation);
        Assert.Equal(0, await cloud.ScalarAsync<long>("select count(*) from breaker"));
    }
}
