using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Index;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>Parts fail; nothing is lost.</summary>
public sealed class FaultTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Now = Scene.Now;
    private static readonly Duration Half = Scene.Half;

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task UnmigratedDatabase_StopsConsuming_UntilTheFleetMigrates(string kind)
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite, migrate: false);
        using var box = new TestBox();
        await using var front = await RunningFront.StartAsync(kind, cloud);
        var camera = Guid.CreateVersion7();
        await cloud.SendAsync(box.Seal([box.Event(TestBox.Segment(camera, Now - Half, Half))]));
        await Cloud.UntilAsync("the message is put back", async () => await cloud.Queues.CountAsync(cloud.Queue(QueueNames.Segments), CancellationToken.None) == 1);

        await cloud.MigrateAsync();
        await box.RegisterAsync(cloud.Database);
        var later = await box.AddCameraAsync(cloud.Database, "gate");
        await cloud.SendAsync(box.Seal([box.Event(TestBox.Segment(later, Now - Half, Half))]));
        await Cloud.UntilAsync("both are decided", async () => await cloud.ScalarAsync<long>("select count(*) from segment_landing") == 1, seconds: 60);
    }

    [Fact]
    public async Task KilledHandler_LosesNothing()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await using var front = await RunningFront.HandlerAsync(cloud);
        var start = Now - Duration.FromHours(2);
        for (var i = 0; i < 60; i++)
        {
            await cloud.SendAsync(box.Seal([box.Event(TestBox.Segment(camera, start + (Half * i), Half))]));
            if (i == 30) System.Diagnostics.Process.GetProcessById(front.HandlerPid).Kill();
        }

        // By search, because a fold may have moved some from landing into spans by now.
        var all = new RecordingQuery("main", start - Half, Now);
        await Cloud.UntilAsync("all segments", async () => (await cloud.Search.PageAsync(all, null, 1000, TestContext.Current.CancellationToken)).Items.Count == 60, seconds: 60);
        await cloud.DrainedAsync();
        Assert.Empty(await cloud.LetterReasonsAsync());
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task PoisonMessage_IsDrainedIntoTheDeadLetters(string kind)
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        using var box = new TestBox();
        await using var front = await RunningFront.StartAsync(kind, cloud);
        var envelope = box.Seal([box.Event(TestBox.Segment(Guid.CreateVersion7(), Now, Half))]).ToBytes();
        await cloud.Queues.SendAsync(QueueNames.Poison(cloud.Queue(QueueNames.Segments)), envelope, TimeSpan.Zero, TestContext.Current.CancellationToken);

        await Cloud.UntilAsync("the letter", async () => (await cloud.LetterReasonsAsync()).SequenceEqual([DeadLetterReasons.TooOften]), seconds: 60);
        Assert.Equal(box.Id, await cloud.ScalarAsync<Guid>("select box from dead_letter"));
    }

    [Theory]
    [InlineData(0, 0.875, 1.125)]
    [InlineData(4, 14, 18)]
    [InlineData(9, 448, 576)]
    [InlineData(40, 525, 600)]
    public void Delay_DoublesUpToTenMinutes_WithJitter(int attempt, double low, double high)
    {
        for (var i = 0; i < 50; i++) Assert.InRange(FailurePolicy.Delay(attempt).TotalSeconds, low, high);
    }
}
