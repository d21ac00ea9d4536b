using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Edge.Tests.Uplink;

public sealed class UplinkTests : IAsyncLifetime
{
    private UplinkFixture _box = null!;

    [Fact]
    public async Task Events_OfOneSecond_TravelInOneSignedBatch()
    {
        await _box.RunAsync();
        await _box.SegmentAsync(1);
        await _box.SegmentAsync(2);
        await _box.RunAsync();
        Assert.Empty(_box.Cloud.Messages);

        await _box.FlushAsync();

        var message = Assert.Single(_box.Cloud.Messages);
        Assert.Equal(("segments", EventClass.Segment, 1L), (message.Queue, message.Envelope.Class, message.Envelope.BatchSeq));
        Assert.Equal(2, message.Body.Events.Count);
        Assert.All(message.Body.Events, e => Assert.Equal($"/tenants/main/sites/depot/cameras/{UplinkFixture.Camera:D}", e.Source));
        Assert.Equal(0, (await _box.BacklogAsync()).Total);
    }

    [Fact]
    public async Task Rows_LeaveOnlyBelowTheWatermark()
    {
        _box.Cloud.Applies = false;
        await _box.SegmentAsync();
        await _box.FlushAsync();
        await _box.BeatAsync();
        Assert.Equal(1, await _box.BatchesKeptAsync());

        _box.Cloud.ApplyAll();
        await _box.BeatAsync();

        Assert.Equal(0, await _box.BatchesKeptAsync());
    }

    [Fact]
    public async Task LostAcknowledgement_SendsTheSameBytesAgain()
    {
        await _box.SegmentAsync();
        _box.Cloud.LostAcks = 1;
        await _box.FlushAsync();
        Assert.Single(_box.Cloud.Messages);
        Assert.Equal(1, (await _box.BacklogAsync()).Unsent);

        _box.Clock.Advance(Duration.FromSeconds(2));
        await _box.RunAsync();

        Assert.Equal(2, _box.Cloud.Messages.Count);
        Assert.Equal(_box.Cloud.Messages.First().Bytes, _box.Cloud.Messages.Last().Bytes);
    }

    [Fact]
    public async Task LostAcknowledgement_SendsTheSameBytesAgain_AfterARestart()
    {
        _box.Cloud.Applies = false;
        await _box.SegmentAsync();
        _box.Cloud.LostAcks = 1;
        await _box.FlushAsync();
        await _box.RestartAsync();

        await _box.FlushAsync();

        Assert.Equal(2, _box.Cloud.Messages.Count);
        Assert.Equal(_box.Cloud.Messages.First().Bytes, _box.Cloud.Messages.Last().Bytes);
    }

    [Fact]
    public async Task Hole_OlderThanTwoMinutes_IsSentAgain()
    {
        await _box.RunAsync();
        _box.Cloud.Vanishing = 1;
        await _box.SegmentAsync(1);
        await _box.FlushAsync();
        await _box.SegmentAsync(2);
        await _box.FlushAsync();
        Assert.Equal(2, Assert.Single(_box.Cloud.Messages).Envelope.BatchSeq);

        await _box.BeatAsync();
        Assert.Single(_box.Cloud.Messages);
        _box.Clock.Advance(Duration.FromMinutes(2));
        await _box.BeatAsync();

        Assert.Equal([2L, 1L], _box.Cloud.Messages.Select(m => m.Envelope.BatchSeq));
        await _box.BeatAsync();
        Assert.Equal(0, await _box.BatchesKeptAsync());
    }

    [Fact]
    public async Task FirstBatchEver_ThatVanished_IsSentAgain()
    {
        await _box.RunAsync();
        _box.Cloud.Vanishing = 1;
        await _box.SegmentAsync(1);
        await _box.FlushAsync();
        Assert.Empty(_box.Cloud.Messages);

        _box.Clock.Advance(Duration.FromMinutes(2));
        await _box.BeatAsync();

        Assert.Equal(1, Assert.Single(_box.Cloud.Messages).Envelope.BatchSeq);
    }

    [Fact]
    public async Task LastBatch_ThatVanished_IsSentAgain_EvenWithoutAHole()
    {
        await _box.SegmentAsync(1);
        await _box.FlushAsync();
        _box.Cloud.Vanishing = 1;
        await _box.SegmentAsync(2);
        await _box.FlushAsync();
        Assert.Single(_box.Cloud.Messages);

        _box.Clock.Advance(Duration.FromMinutes(2));
        await _box.BeatAsync();

        Assert.Equal([1L, 2L], _box.Cloud.Messages.Select(m => m.Envelope.BatchSeq));
    }

    [Fact]
    public async Task UnacknowledgedBatches_AreRepeatedEverMoreRarely()
    {
        _box.Cloud.Applies = false;
        await _box.SegmentAsync(1);
        await _box.FlushAsync();
        _box.Cloud.ApplyAll();
        await _box.SegmentAsync(2);
        await _box.FlushAsync();

        for (var i = 0; i < 6 * 60; i++) await _box.BeatAsync();

        // One hour: sent, and again after 2, 4, 8, 16 and 32 minutes at most.
        Assert.InRange(_box.Cloud.Messages.Count(m => m.Envelope.BatchSeq == 2), 3, 6);
    }

    [Fact]
    public async Task LostDatabase_MintsAnotherEpoch_AndCountsFromOne()
    {
        await _box.SegmentAsync(1);
        await _box.FlushAsync();
        await _box.RestartAsync(loseDatabase: true);
        await _box.SegmentAsync(2);
        await _box.FlushAsync();

        var (first, second) = (_box.Cloud.Messages.First().Envelope, _box.Cloud.Messages.Last().Envelope);
        Assert.NotEqual(first.Epoch, second.Epoch);
        Assert.Equal((1L, 1L), (first.BatchSeq, second.BatchSeq));
    }

    [Fact]
    public async Task DatabaseOlderThanTheCloud_StartsAnotherEpoch_AndLosesNoEvent()
    {
        var copy = Path.Combine(_box.Folder, "copy");
        await _box.Store.DisposeAsync();
        File.Copy(Path.Combine(_box.Folder, "box.db"), copy);
        await _box.RestartAsync();
        for (var i = 1; i <= 3; i++)
        {
            await _box.SegmentAsync(i);
            await _box.FlushAsync();
        }

        await _box.Store.DisposeAsync();
        foreach (var file in Directory.GetFiles(_box.Folder, "box.db-*")) File.Delete(file);
        File.Copy(copy, Path.Combine(_box.Folder, "box.db"), overwrite: true);
        await _box.RestartAsync();
        await _box.SegmentAsync(4);
        await _box.FlushAsync();
        await _box.BeatAsync();
        await _box.FlushAsync();

        var last = _box.Cloud.Messages.Last();
        Assert.NotEqual(_box.Cloud.Messages.First().Envelope.Epoch, last.Envelope.Epoch);
        Assert.Contains(last.Body.Events, e => e.Id.StartsWith("00000004", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UrgentClasses_GoFirst()
    {
        await _box.AppendAsync(EventTypes.SnapshotTaken, UplinkFixture.Camera, new { });
        await _box.SegmentAsync();
        await _box.AppendAsync(EventTypes.BoxStatus, null, new { });
        await _box.AppendAsync(EventTypes.Gap, UplinkFixture.Camera, new { });
        await _box.AppendAsync(EventTypes.HoldApplied, null, new { });

        await _box.FlushAsync();

        Assert.Equal([EventClass.Evidence, EventClass.Alert, EventClass.State, EventClass.Segment, EventClass.Bulk], _box.Cloud.Messages.Select(m => m.Envelope.Class));
    }

    [Fact]
    public async Task Evidence_DoesNotWaitForTheFlush()
    {
        await _box.RunAsync();
        await _box.AppendAsync(EventTypes.HoldApplied, null, new { });

        await _box.RunAsync();

        Assert.Single(_box.Cloud.Messages);
    }

    [Fact]
    public async Task FullBatch_DoesNotWaitForTheFlush_AndIsCutAt32KiB()
    {
        await _box.RunAsync();
        for (var i = 1; i <= 200; i++) await _box.SegmentAsync(i);

        await _box.RunAsync();
        await _box.FlushAsync();

        Assert.Equal(200, _box.Cloud.Messages.Sum(m => m.Body.Events.Count));
        Assert.InRange(_box.Cloud.Messages.Count, 5, 8);
        Assert.All(_box.Cloud.Messages, m => Assert.True(m.Bytes.Length <= Envelope.MaxBytes && m.Envelope.Body is not null));
    }

    [Fact]
    public async Task LargeBody_TravelsAsAStagingBlob_AndIsNotPutTwice()
    {
        _box.Cloud.LostAcks = 1;
        await _box.AppendAsync(EventTypes.SnapshotTaken, UplinkFixture.Camera, new { note = new string('x', 100_000) });
        await _box.FlushAsync();
        _box.Clock.Advance(Duration.FromSeconds(2));
        await _box.RunAsync();

        Assert.Equal(2, _box.Cloud.Messages.Count);
        Assert.All(_box.Cloud.Messages, m => Assert.StartsWith("staging-1/", m.Envelope.BodyUrl, StringComparison.Ordinal));
        Assert.Single(_box.Cloud.Blobs);
    }

    [Fact]
    public async Task WaitingStates_Collapse_ToTheNewestPerThing()
    {
        var other = Guid.NewGuid();
        for (var i = 0; i < 10; i++)
        {
            await _box.AppendAsync(EventTypes.BoxStatus, null, new { i });
            await _box.AppendAsync(EventTypes.CameraState, UplinkFixture.Camera, new { i });
            await _box.AppendAsync(EventTypes.CameraState, other, new { i });
        }

        Assert.Equal(3, (await _box.BacklogAsync()).Events);
        await _box.FlushAsync();
        Assert.All(_box.Cloud.Messages.Single().Body.Events, e => Assert.Equal(9, e.Data.GetProperty("i").GetInt32()));
    }

    [Fact]
    public async Task States_StopAtTheWindow_WhenNobodyAppliesThem()
    {
        _box.Cloud.Applies = false;
        for (var i = 0; i < 100; i++)
        {
            await _box.AppendAsync(EventTypes.BoxStatus, null, new { i });
            await _box.FlushAsync();
        }

        Assert.Equal(_box.Options.StateWindow, _box.Cloud.Messages.Count);
        Assert.Equal(1, (await _box.BacklogAsync()).Events);
    }

    [Fact]
    public async Task RefusingQueue_HoldsUpOnlyItself()
    {
        _box.Cloud.Refusals["segments"] = 503;
        await _box.SegmentAsync();
        await _box.AppendAsync(EventTypes.SnapshotTaken, UplinkFixture.Camera, new { });

        await _box.FlushAsync();

        Assert.Equal("snapshots", Assert.Single(_box.Cloud.Messages).Queue);
        Assert.Contains("503", _box.State.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", _box.State.LastError, StringComparison.Ordinal);
        _box.Cloud.Refusals.Clear();
        _box.Clock.Advance(Duration.FromMinutes(1));
        await _box.RunAsync();
        Assert.Contains(_box.Cloud.Messages, m => m.Queue == "segments");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24 * 365 * 10)]
    public async Task ClockThatIsSetBack_HoldsUpNothing(int hours)
    {
        await _box.RunAsync();
        _box.Cloud.Refusals["segments"] = 503;
        await _box.SegmentAsync();
        await _box.FlushAsync();
        await _box.AppendAsync(EventTypes.SnapshotTaken, UplinkFixture.Camera, new { });
        _box.Cloud.Refusals.Clear();
        var before = Renewals();

        _box.Clock.Advance(-Duration.FromHours(hours));
        await _box.RunAsync();
        await _box.FlushAsync();

        Assert.Equal(before, Renewals());
        Assert.Equal(["segments", "snapshots"], _box.Cloud.Messages.Select(m => m.Queue).Order());
        Assert.InRange(await _box.Session.StepAsync(CancellationToken.None), Duration.Zero, Duration.FromMinutes(1));
        var beats = Beats();
        await _box.BeatAsync();
        Assert.Equal(beats + 1, Beats());
    }

    [Fact]
    public async Task RefusedRight_IsRenewedAtOnce()
    {
        await _box.RunAsync();
        _box.Cloud.Refusals["segments"] = 403;
        await _box.SegmentAsync();
        await _box.FlushAsync();
        var before = Renewals();

        await _box.Session.StepAsync(CancellationToken.None);

        Assert.Equal(before + 1, Renewals());
    }

    [Fact]
    public async Task Right_IsRenewedAtHalfLife_NotBefore()
    {
        await _box.RunAsync();
        var before = Renewals();
        for (var i = 0; i < 6 * 29; i++) await _box.BeatAsync();
        Assert.Equal(before, Renewals());

        for (var i = 0; i < 12; i++) await _box.BeatAsync();

        Assert.Equal(before + 1, Renewals());
    }

    [Fact]
    public async Task Backlog_OfALongAbsence_GoesOutInFullBatches()
    {
        _box.Cloud.Token = "not this one";
        for (var i = 1; i <= 500; i++)
        {
            await _box.SegmentAsync(i);
            if (i % 50 == 0) await _box.FlushAsync();
        }

        Assert.Equal((500L, 0L), (await _box.BacklogAsync() is var b ? b.Events : 0, b.Unsent));
        _box.Cloud.Token = "token-1";
        _box.Clock.Advance(Duration.FromMinutes(10));
        await _box.RunAsync();

        Assert.Equal(500, _box.Cloud.Messages.Sum(m => m.Body.Events.Count));
        Assert.InRange(_box.Cloud.Messages.Count, 12, 18);
        Assert.Equal(Enumerable.Range(1, _box.Cloud.Messages.Count).Select(i => (long)i), _box.Cloud.Messages.Select(m => m.Envelope.BatchSeq));
    }

    [Fact]
    public async Task Outbox_StaysWithinItsLimit_ByLosingTheOldestFootageEvents()
    {
        _box.Options = _box.Options with { MaxEvents = 10 };
        await _box.RestartAsync();
        for (var i = 1; i <= 25; i++) await _box.SegmentAsync(i);

        Assert.Equal(10, (await _box.BacklogAsync()).Events);
        await _box.FlushAsync();
        Assert.StartsWith("00000010", _box.Cloud.Messages.First().Body.Events[0].Id, StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync() => _box = await UplinkFixture.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_box.Cloud.Unmodelled);
        await _box.DisposeAsync();
    }

    private int Beats() => _box.Cloud.Calls.Count(c => c.EndsWith("/heartbeat", StringComparison.Ordinal));

    private int Renewals() => _box.Cloud.Calls.Count(c => c.EndsWith("/sas", StringComparison.Ordinal));
}
