using System.Data.Common;
using System.Text.Json;
using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Audit;
using Heldar.Edge.Holds;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Retention;
using Microsoft.Extensions.Logging.Abstractions;
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

    [Fact]
    public async Task HoldWithoutAVolume_IsNotSealed_UntilOneComes()
    {
        var (camera, now, writer) = (Guid.CreateVersion7(), _box.Clock.Now, _box.Box.Writers.All[0]);
        _box.Box.Writers.Remove(writer);
        var hold = await _box.HoldAsync(camera, now, now + Duration.FromHours(1));
        Assert.False(hold.Sealed);
        await _box.Holds.SealRestAsync(CancellationToken.None);
        Assert.False((await FindAsync(hold.Id)).Sealed);

        _box.Box.Writers.Add(writer);
        await _box.Holds.SealRestAsync(CancellationToken.None);
        Assert.True((await FindAsync(hold.Id)).Sealed);
        await _box.RestartAsync(loseDatabase: true);
        Assert.Equal(hold.Data, (await FindAsync(hold.Id)).Data);
    }

    [Fact]
    public async Task VolumeThatComesLater_GetsOlderHolds_AndEndsThatItMissed()
    {
        var (camera, now) = (Guid.CreateVersion7(), _box.Clock.Now);
        var ended = await PlaceAsync();
        var standing = await PlaceAsync();
        var before = await PlaceAsync();
        await _box.Holds.ReleaseAsync(before.Id, BoxRole.Admin, "user:anna", CancellationToken.None);
        var (volume, writer) = _box.Disk("later");

        _box.Box.Writers.Add(writer);
        await _box.Holds.SealRestAsync(CancellationToken.None);
        Assert.Equal([(ended.Id, false), (standing.Id, false)], Sealed(volume.Root));
        _box.Box.Writers.Remove(writer);
        await _box.Holds.ReleaseAsync(ended.Id, BoxRole.Admin, "user:anna", CancellationToken.None);
        await _box.Holds.SealRestAsync(CancellationToken.None);
        _box.Box.Writers.Add(writer);
        for (var i = 0; i < 2; i++) await _box.Holds.SealRestAsync(CancellationToken.None);

        Assert.Equal([(ended.Id, false), (standing.Id, false), (ended.Id, true)], Sealed(volume.Root));
        Assert.Equal([(ended.Id, false), (standing.Id, false), (before.Id, false), (before.Id, true), (ended.Id, true)], Sealed(_box.Box.Root));

        async Task<Hold> PlaceAsync()
        {
            _box.Pass(Duration.FromSeconds(1));
            return await _box.HoldAsync(camera, now, now + Duration.FromHours(1));
        }
    }

    [Fact]
    public async Task Expiry_IsAudited()
    {
        var (camera, now) = (Guid.CreateVersion7(), _box.Clock.Now);
        var hold = await _box.HoldAsync(camera, now, now + Duration.FromHours(1), expires: now + Duration.FromHours(2));
        _box.Pass(Duration.FromHours(3));
        for (var i = 0; i < 2; i++) await _box.Holds.ExpireAsync(CancellationToken.None);

        var entries = await _box.Audit.PageAsync(null, camera, 10, CancellationToken.None);
        Assert.Equal([("box", "hold.expired", hold.Id.ToString("D")), ("user:anna", "hold.placed", hold.Id.ToString("D"))], entries.Select(e => (e.Actor, e.Action, e.Target)));
    }

    [Fact]
    public async Task BothEnds_AreWrittenDown_WithWhatTheHoldIs()
    {
        var (camera, now) = (Guid.CreateVersion7(), _box.Clock.Now);
        var hold = await _box.HoldAsync(camera, now, now + Duration.FromHours(1), now + Duration.FromDays(2), "4711", BoxRole.Manager);
        await _box.Holds.ReleaseAsync(hold.Id, BoxRole.Viewer, "user:guard", CancellationToken.None);
        await _box.Holds.ReleaseAsync(hold.Id, BoxRole.Admin, new AuditActor("user:ben", "10.0.0.7"), CancellationToken.None);
        await _box.Holds.ReleaseAsync(hold.Id, BoxRole.Admin, "user:carl", CancellationToken.None);

        var entries = await _box.Audit.PageAsync(null, camera, 10, CancellationToken.None);
        Assert.Equal([("user:ben", "hold.released"), ("user:anna", "hold.placed")], entries.Select(e => (e.Actor, e.Action)));
        Assert.All(entries, e => Assert.Equal(hold.Id.ToString("D"), e.Target));
        var detail = JsonDocument.Parse(entries[1].Detail).RootElement;
        Assert.Equal(
            [hold.Data.From.ToString(), hold.Data.To.ToString(), hold.Data.Expires.ToString(), "theft", "police", "4711", "manager"],
            new[] { "start", "end", "expires", "reason", "owner", "case", "level" }.Select(m => detail.GetProperty(m).GetString()));
        Assert.Equal("10.0.0.7", JsonDocument.Parse(entries[0].Detail).RootElement.GetProperty("from").GetString());
    }

    [Fact]
    public async Task HoldThatCannotBeWrittenDown_IsNotPlaced()
    {
        var (camera, now) = (Guid.CreateVersion7(), _box.Clock.Now);
        _ = await _box.HoldAsync(camera, now, now + Duration.FromHours(1));
        var broken = new HoldBook(_box.Box.Store, _box.Box.Store, _box.Box.Outbox, new BrokenAudit(), _box.Box.Writers, _box.Clock, NullLogger<HoldBook>.Instance);
        var data = new HoldAppliedData { Hold = Guid.CreateVersion7(), Camera = camera, From = now, To = now + Duration.FromHours(1), Reason = "theft", Owner = "police" };

        await Assert.ThrowsAsync<InvalidOperationException>(() => broken.PlaceAsync(data, BoxRole.Admin, "user:anna", null, CancellationToken.None));

        Assert.Null(await _box.Box.Store.ReadAsync(db => HoldRows.Find(db, data.Hold), CancellationToken.None));
    }

    private sealed class BrokenAudit : IAuditLog
    {
        public void Append(DbConnection tx, AuditEntry entry) => throw new InvalidOperationException("the log is broken");

        public Task AppendAsync(AuditEntry entry, CancellationToken cancellation = default) => throw new InvalidOperationException("the log is broken");
    }

    private async Task<Hold> FindAsync(Guid id) => (await _box.Box.Store.ReadAsync(db => HoldRows.Find(db, id), CancellationToken.None))!;

    private static IEnumerable<(Guid Hold, bool Ended)> Sealed(string root) =>
        new SealReader(root).Read(null, CancellationToken.None).Select(e => e.Record.Hold).OfType<HoldSeal>().Select(h => (h.Data.Hold, h.Released is not null));

    private IReadOnlyList<HoldReleasedData> Ends => [.. _box.Box.Outbox.Others.Select(o => o.Data).OfType<HoldReleasedData>()];

    private static IReadOnlyList<Guid> Told(CollectingOutbox outbox) =>
        [.. outbox.Others.Select(o => o.Data switch { HoldAppliedData applied => applied.Hold, HoldReleasedData end => end.HoldId, _ => Guid.Empty })];
}
