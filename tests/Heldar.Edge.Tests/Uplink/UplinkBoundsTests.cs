using Heldar.Contracts.Events;
using Heldar.Edge.Uplink;
using NodaTime;

namespace Heldar.Edge.Tests.Uplink;

/// <summary>Nothing grows or repeats without bound while nobody acknowledges.</summary>
public sealed class UplinkBoundsTests : IAsyncLifetime
{
    private UplinkFixture _box = null!;

    [Fact]
    public async Task QueueWithoutAReader_GetsFewCopies_ForDays()
    {
        _box.Cloud.Applies = false;
        for (var i = 0; i < 3; i++)
        {
            await _box.AppendAsync(EventTypes.HoldApplied, null, new { i });
            await _box.RunAsync();
        }

        await _box.PassAsync(Duration.FromDays(2), Duration.FromMinutes(5));
        var copies = _box.Cloud.Messages.CountBy(m => m.Envelope.BatchSeq).ToDictionary();
        Assert.Equal(3, copies.Count);
        Assert.All(copies.Values, n => Assert.InRange(n, 5, 12));

        // The reader comes: everything leaves at the next watermark, and nothing more is sent.
        _box.Cloud.ApplyAll();
        await _box.BeatAsync();
        Assert.Equal(0, await _box.BatchesKeptAsync());
    }

    [Fact]
    public async Task HoleThatNeverFills_IsSentEverMoreRarely()
    {
        await _box.RunAsync();
        _box.Cloud.Poison = 1;
        await _box.SegmentAsync(1);
        await _box.FlushAsync();
        await _box.SegmentAsync(2);
        await _box.FlushAsync();

        await _box.PassAsync(Duration.FromDays(1), Duration.FromMinutes(2));

        // After 2, 4, 8, 16, 32 and 64 min, then every 64 min; without back-off it were 720.
        Assert.InRange(_box.Cloud.Messages.Count(m => m.Envelope.BatchSeq == 1), 20, 30);
    }

    [Fact]
    public async Task OneWatermark_SendsABoundedNumberAgain()
    {
        _box.Options = _box.Options with { FlushBytes = 1 };
        await _box.RestartAsync();
        _box.Cloud.Applies = false;
        for (var i = 1; i <= 400; i++) await _box.SegmentAsync(i);
        await _box.RunAsync();
        Assert.Equal(400, _box.Cloud.Messages.Count);

        _box.Clock.Advance(Duration.FromMinutes(2));
        await _box.BeatAsync();

        Assert.Equal(400 + OutboxRows.MaxAgain, _box.Cloud.Messages.Count);
    }

    [Fact]
    public async Task UnacknowledgedBatches_StopAtTheWindow_AndGoOnWithTheWatermark()
    {
        _box.Options = _box.Options with { BatchWindow = 4, FlushBytes = 1 };
        await _box.RestartAsync();
        _box.Cloud.Applies = false;
        for (var i = 0; i < 20; i++)
        {
            await _box.AppendAsync(EventTypes.HoldApplied, null, new { i });
            await _box.SegmentAsync(i + 1);
            await _box.RunAsync();
        }

        await _box.PassAsync(Duration.FromHours(6), Duration.FromMinutes(5));
        Assert.Equal(8, await _box.BatchesKeptAsync());
        Assert.Equal(32, (await _box.BacklogAsync()).Events);

        _box.Cloud.Applies = true;
        _box.Cloud.ApplyAll();
        for (var i = 0; i < 10; i++) await _box.BeatAsync();

        Assert.Equal(0, (await _box.BacklogAsync()).Total);
        Assert.Equal(0, await _box.BatchesKeptAsync());
        Assert.Equal(40, _box.Cloud.Messages.SelectMany(m => m.Body.Events).Select(e => e.Id).Distinct().Count());
    }

    [Fact]
    public async Task FullOutbox_LosesAlertsLast_AndEvidenceNever()
    {
        _box.Options = _box.Options with { MaxEvents = 10 };
        await _box.RestartAsync();
        for (var i = 1; i <= 8; i++) await _box.AppendAsync(EventTypes.Gap, UplinkFixture.Camera, new { i });
        for (var i = 1; i <= 2; i++) await _box.SegmentAsync(i);
        for (var i = 1; i <= 12; i++) await _box.AppendAsync(EventTypes.HoldApplied, null, new { i });

        await _box.FlushAsync();

        Assert.Equal(12, _box.Cloud.Messages.SelectMany(m => m.Body.Events).Count(e => e.Type == EventTypes.HoldApplied));
        Assert.All(_box.Cloud.Messages, m => Assert.Equal(EventClass.Evidence, m.Envelope.Class));
    }

    public async ValueTask InitializeAsync() => _box = await UplinkFixture.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_box.Cloud.Unmodelled);
        await _box.DisposeAsync();
    }
}
