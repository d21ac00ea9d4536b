using NodaTime;

namespace Heldar.Edge.Tests.Uplink;

/// <summary>What a box says of its backlog.</summary>
public sealed class HeartbeatTests
{
    [Fact]
    public async Task Heartbeat_TellsSinceWhenTheOldestEventWaits()
    {
        await using var box = await UplinkFixture.StartAsync();
        await box.RunAsync();
        await box.BeatAsync();
        Assert.Null(box.Cloud.LastBeat!.OldestWaitingAt);
        box.Cloud.Refusals["segments"] = 503;
        var oldest = box.Clock.Now;
        await box.SegmentAsync(1);
        await box.FlushAsync();
        await box.PassAsync(Duration.FromMinutes(1), box.Options.Heartbeat);
        await box.SegmentAsync(2);
        await box.PassAsync(Duration.FromMinutes(1), box.Options.Heartbeat);

        // The first waits in a batch that no queue takes.
        Assert.Equal((2L, 0L), (box.Cloud.LastBeat.OutboxBacklog, (long)(box.Cloud.LastBeat.OldestWaitingAt!.Value - oldest).TotalMilliseconds));

        box.Cloud.Refusals.Clear();
        await box.PassAsync(Duration.FromMinutes(1), box.Options.Heartbeat);

        Assert.Equal((0L, null), (box.Cloud.LastBeat.OutboxBacklog, box.Cloud.LastBeat.OldestWaitingAt));
    }
}
