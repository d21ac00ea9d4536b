using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Holds;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Retention;
using NodaTime;

namespace Heldar.Edge.Tests.Holds;

public sealed class HoldBookTests : IAsyncDisposable
{
    private readonly RetentionFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task LowerRole_CannotEndAHold_AndOverlappingHoldsEndAlone()
    {
        var camera = Guid.CreateVersion7();
        var put = await _box.PutAsync(camera, "gate", _box.Clock.Now - Duration.FromHours(2));
        var first = await _box.HoldAsync(camera, put.Start, put.End);
        var second = await _box.HoldAsync(camera, put.Start, put.End);
        Assert.True(first.Sealed);

        Assert.Equal(ReleaseOutcome.TooLow, await _box.Holds.ReleaseAsync(first.Id, BoxRole.Viewer, "guard", CancellationToken.None));
        Assert.Equal(ReleaseOutcome.Done, await _box.Holds.ReleaseAsync(first.Id, BoxRole.Admin, "admin", CancellationToken.None));
        Assert.True((await _box.Box.Index.FindByIdAsync(put.Segment, CancellationToken.None))!.Held);
        Assert.Equal(ReleaseOutcome.Ended, await _box.Holds.ReleaseAsync(first.Id, BoxRole.Admin, "admin", CancellationToken.None));
        Assert.Equal(ReleaseOutcome.Done, await _box.Holds.ReleaseAsync(second.Id, BoxRole.Admin, "admin", CancellationToken.None));
        Assert.False((await _box.Box.Index.FindByIdAsync(put.Segment, CancellationToken.None))!.Held);
        Assert.Equal(ReleaseOutcome.NotFound, await _box.Holds.ReleaseAsync(Guid.CreateVersion7(), BoxRole.Admin, "admin", CancellationToken.None));
    }

    [Fact]
    public async Task Hold_CoversWhatClosesLater()
    {
        var camera = Guid.CreateVersion7();
        await _box.HoldAsync(camera, _box.Clock.Now, _box.Clock.Now + Duration.FromHours(1));

        var put = await _box.PutAsync(camera, "gate", _box.Clock.Now + Duration.FromMinutes(5));

        Assert.True((await _box.Box.Index.FindByIdAsync(put.Segment, CancellationToken.None))!.Held);
    }

    [Fact]
    public async Task End_IsToldOnce_WithWhoAndWhy()
    {
        var (camera, now) = (Guid.CreateVersion7(), _box.Clock.Now);
        var released = await _box.HoldAsync(camera, now, now + Duration.FromHours(1));
        var expiring = await _box.HoldAsync(camera, now, now + Duration.FromHours(1), expires: now + Duration.FromHours(2));
        await _box.Holds.ExpireAsync(CancellationToken.None);
        Assert.Empty(Ends);

        await _box.Holds.ReleaseAsync(released.Id, BoxRole.Viewer, "user:guard", CancellationToken.None);
        Assert.Empty(Ends);
        await _box.Holds.ReleaseAsync(released.Id, BoxRole.Admin, "user:anna", CancellationToken.None);
        await _box.Holds.ReleaseAsync(released.Id, BoxRole.Admin, "user:ben", CancellationToken.None);
        _box.Pass(Duration.FromHours(3));
        await _box.Holds.ExpireAsync(CancellationToken.None);
        await _box.Holds.ExpireAsync(CancellationToken.None);

        Assert.Equal(
            [
                new HoldReleasedData { HoldId = released.Id, Camera = camera, ReleasedAt = now, ReleasedBy = "user:anna", Reason = HoldEnd.Released },
                new HoldReleasedData { HoldId = expiring.Id, Camera = camera, ReleasedAt = now + Duration.FromHours(3), ReleasedBy = "expiry", Reason = HoldEnd.Expired },
            ],
            Ends);
        Assert.All(Ends, e => Assert.Null(e.Mistake()));
    }

    [Fact]
    public async Task LostDatabase_TellsHoldsAndTheirEndsAgain_AndAnIntactOneDoesNot()
    {
        var (camera, now) = (Guid.CreateVersion7(), _box.Clock.Now);
        var standing = await _box.HoldAsync(camera, now, now + Duration.FromHours(1));
        var ended = await _box.HoldAsync(camera, now, now + Duration.FromHours(1));
        await _box.Holds.ReleaseAsync(ended.Id, BoxRole.Admin, "user:anna", CancellationToken.None);
        var told = Told(_box.Box.Outbox);
        _box.Box.Outbox.Others.Clear();

        await _box.RestartAsync();
        Assert.Empty(Told(_box.Box.Outbox));
        await _box.RestartAsync(loseDatabase: true);

        Assert.Equal([standing.Id, ended.Id, ended.Id], told);
        Assert.Equal(told, Told(_box.Box.Outbox));
    }

    private IReadOnlyList<HoldReleasedData> Ends => [.. _box.Box.Outbox.Others.Select(o => o.Data).OfType<HoldReleasedData>()];

    private static IReadOnlyList<Guid> Told(CollectingOutbox outbox) =>
        [.. outbox.Others.Select(o => o.Data switch { HoldAppliedData applied => applied.Hold, HoldReleasedData end => end.HoldId, _ => Guid.Empty })];
}
