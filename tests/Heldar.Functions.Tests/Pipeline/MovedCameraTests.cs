using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Index;
using Heldar.Cloud.Registry;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>A camera goes to another box only when a person removed the one that it had, and then at once.</summary>
public sealed class MovedCameraTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Now = Scene.Now;
    private static readonly Duration Half = Scene.Half;

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task CameraOfARemovedBox_IsTheNextOnesThatDescribesIt(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, old, camera) = scene;
        using var next = new TestBox();
        await next.RegisterAsync(cloud.Database);
        await using var front = await RunningFront.StartAsync(kind, cloud);
        await cloud.SendAsync(old.Seal([old.Event(TestBox.Segment(camera, Now - (Half * 3), Half))]));
        await cloud.DrainedAsync();

        // Not while its box is there.
        await DescribeAsync(1);
        await cloud.SendAsync(next.Seal([next.Event(TestBox.Segment(camera, Now - (Half * 2), Half))]));
        await cloud.DrainedAsync();
        Assert.Equal([DeadLetterReasons.ForeignSource], await cloud.LetterReasonsAsync());
        Assert.Equal(old.Id, await cloud.ScalarAsync<Guid>("select box from camera"));

        await cloud.ScalarAsync<object>("update box set removed_at = now() where box = @Id; update box_key set revoked_at = now() where box = @Id; delete from dead_letter", new { old.Id });
        // Until then it is nobody's: what is told of it before the description waits, and whoever remembers the old owner asks again.
        var owners = new CameraOwners(cloud.Database, SystemClock.Instance);
        Assert.Empty(await owners.FindAsync("main", next.Id, [camera], TestContext.Current.CancellationToken));
        Assert.Equal(old.Id, (await owners.FindAsync("main", old.Id, [camera], TestContext.Current.CancellationToken))[camera]);
        var segment = TestBox.Segment(camera, Now - Half, Half);
        await cloud.SendAsync(next.Seal([next.Event(segment)]));
        await DescribeAsync(2);

        Assert.Empty(await cloud.LetterReasonsAsync());
        Assert.Equal(next.Id, await cloud.ScalarAsync<Guid>("select box from camera where enabled"));
        var found = await cloud.Search.PageAsync(new RecordingQuery("main", Now - (Half * 4), Now), null, 10, TestContext.Current.CancellationToken);
        Assert.Equal(2, found.Items.Count);
        Assert.Equal(segment.Segment, found.Items[1].Segment);

        async Task DescribeAsync(long seq)
        {
            var described = new BoxDescribedData { BootSeq = 1, Seq = seq, Name = "New", Version = "0.1", Cameras = [new(camera, "gate", "Gate", true, null, null, null)] };
            await cloud.SendAsync(next.Seal([next.BoxEvent(EventTypes.BoxDescribed, Now, described)], EventClass.State), QueueNames.Registrations);
            await cloud.DrainedAsync();
        }
    }
}
