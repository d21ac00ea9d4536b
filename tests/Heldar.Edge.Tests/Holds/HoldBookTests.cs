using Heldar.Edge.Access;
using Heldar.Edge.Holds;
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
}
