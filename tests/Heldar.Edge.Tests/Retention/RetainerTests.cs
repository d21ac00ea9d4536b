using Heldar.Edge.Access;
using Heldar.Edge.Indexer;
using Heldar.Edge.Retention;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Tests.Retention;

/// <summary>Invariants 4 and 9, and the order of the rules; judged by the files on disk.</summary>
public sealed class RetainerTests : IAsyncDisposable
{
    private static readonly Guid Gate = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private static readonly Guid Yard = Guid.Parse("0190c0de-0000-7000-8000-000000000003");
    private readonly RetentionFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Age_DeletesWhatEndedLongerAgo_AndNothingElse()
    {
        var all = await PutAsync(Gate, "gate", 10, Duration.FromHours(1));
        _box.Policy = _box.Policy with { Age = Duration.FromHours(5) };

        var result = await SweepAsync();

        Assert.Equal(5, result.Segments);
        Assert.Equal(all.Skip(5).ToHashSet(), _box.OnDisk());
        Assert.Equal(all.Skip(5).ToHashSet(), await _box.IndexedAsync(Gate));
        var told = Assert.Single(_box.Deletions);
        Assert.Equal((Gate, "age", 5, 5000L), (told.Camera, told.Reason, told.Count, told.Bytes));
        var seal = Assert.Single(_box.Box.Seals(), s => s.Type == SealType.Deletion);
        Assert.Equal(all.Take(5).ToHashSet(), seal.Segments!.ToHashSet());
        Assert.Equal(0, (await SweepAsync()).Segments);
    }

    [Fact]
    public async Task HeldFootage_Stays_AndSplitsTheDeletion()
    {
        var all = await PutAsync(Gate, "gate", 10, Duration.FromHours(1));
        await _box.HoldAsync(Gate, At(2), At(2) + Duration.FromSeconds(1));
        _box.Policy = _box.Policy with { Age = Duration.FromMinutes(1), QuotaBytes = 1, MaxBytes = 1 };
        (_box.DiskBytes, _box.ForeignBytes) = (1_000_000, 1_000_000);
        _box.Policy = _box.Policy with { MinFreeBytes = 500_000 };

        await SweepAsync();

        Assert.Equal([all[2]], _box.OnDisk());
        var ranges = _box.Deletions.Where(d => d.Reason == "age").ToList();
        Assert.DoesNotContain(_box.Deletions, d => d.From <= At(2) && d.To > At(2));
        Assert.Equal(2, ranges.Count);
    }

    [Fact]
    public async Task Quota_TakesTheOldest_AndStopsAtTheBudget()
    {
        var all = await PutAsync(Gate, "gate", 50, Duration.FromMinutes(1));
        var other = await PutAsync(Yard, "yard", 5, Duration.FromMinutes(1));
        _box.Policy = _box.Policy with { QuotaBytes = 20_500 };

        await SweepAsync();

        Assert.Equal([.. all.Skip(30), .. other], _box.OnDisk());
    }

    [Fact]
    public async Task Cap_IsPaidByWhoIsOverItsShare()
    {
        await PutAsync(Gate, "gate", 60, Duration.FromMinutes(1));
        var small = await PutAsync(Yard, "yard", 10, Duration.FromMinutes(1));
        _box.Policy = _box.Policy with { MaxBytes = 30_000 };

        await SweepAsync();

        Assert.Equal(30_000, _box.FilesBytes());
        Assert.Superset(small.ToHashSet(), _box.OnDisk());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cap_IsPaidByTheOldestFootage_OfThoseAsFarOver(bool gateIsOlder)
    {
        var (older, newer) = gateIsOlder ? (Gate, Yard) : (Yard, Gate);
        for (var i = 0; i < 10; i++) await _box.PutAsync(older, "older", _box.Clock.Now - Duration.FromHours(3) + Duration.FromMinutes(i));
        for (var i = 0; i < 10; i++) await _box.PutAsync(newer, "newer", _box.Clock.Now - Duration.FromHours(2) + Duration.FromMinutes(i));
        _box.Policy = _box.Policy with { MaxBytes = 19_000 };

        await SweepAsync();

        Assert.Equal((9, 10), ((await _box.IndexedAsync(older)).Count, (await _box.IndexedAsync(newer)).Count));
    }

    [Fact]
    public void Share_FollowsTheQuota_AndACameraWithoutOneWeighsOne()
    {
        var policy = RetentionPolicy.Default with { Cameras = RetentionPolicy.Default.Cameras.Add(Gate, new CameraRetention(null, 8_000)) };
        Assert.Equal([Yard], FairShare.Payers(policy, 10_000, [(Gate, 9_000), (Yard, 2_000)], new HashSet<Guid>()));
        Assert.Equal([Gate], FairShare.Payers(policy, 10_000, [(Gate, 12_500), (Yard, 2_000)], new HashSet<Guid>()));
        Assert.Equal([Gate], FairShare.Payers(policy, 10_000, [(Gate, 9_000), (Yard, 2_000)], new HashSet<Guid> { Yard }));
        Assert.Empty(FairShare.Payers(policy, 10_000, [(Yard, 2_000)], new HashSet<Guid> { Yard }));
    }

    [Fact]
    public async Task Cap_LeavesOthersAlone_WhenThePayerIsAllHeld()
    {
        await PutAsync(Gate, "gate", 25, Duration.FromMinutes(1));
        await PutAsync(Yard, "yard", 10, Duration.FromMinutes(1));
        await _box.HoldAsync(Gate, At(0) - Duration.FromDays(1), At(0) + Duration.FromDays(1));
        _box.Policy = _box.Policy with { MaxBytes = 30_000 };

        var result = await SweepAsync();

        Assert.Equal(35, _box.OnDisk().Count);
        Assert.Equal("cap_held", Assert.Single(result.Alerts).Code);
    }

    [Fact]
    public async Task Guard_RelievesADiskThatSomebodyElseFilled()
    {
        await PutAsync(Gate, "gate", 100, Duration.FromMinutes(1));
        (_box.DiskBytes, _box.Policy) = (200_000, _box.Policy with { MinFreeBytes = 50_000 });
        await _box.Retainer.GuardAsync(CancellationToken.None);
        Assert.Equal(100, _box.OnDisk().Count);

        _box.ForeignBytes = 90_000;
        await _box.Retainer.GuardAsync(CancellationToken.None);

        Assert.Equal(60, _box.OnDisk().Count);
        Assert.All(_box.Deletions, d => Assert.Equal("floor", d.Reason));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deletion_ThatADiskHadNoRoomToSeal_IsSealed_AsSoonAsThereIs_AndAfterACrash(bool crash)
    {
        await PutAsync(Gate, "gate", 100, Duration.FromMinutes(1));
        (_box.DiskBytes, _box.Policy) = (200_000, _box.Policy with { MinFreeBytes = 50_000 });
        await _box.Retainer.GuardAsync(CancellationToken.None);
        await _box.Box.Writers.All[0].SealAsync(new SealRecord { Type = SealType.Noted, Cause = "the log has all so far" }, CancellationToken.None);
        _box.Pass(Duration.FromDays(1));
        var folder = Path.GetDirectoryName(SealFiles.PathOf(_box.Box.Root, SealFiles.HourOf(_box.Clock.Now)))!;
        await File.WriteAllTextAsync(folder, "a file where the log's folder must be", TestContext.Current.CancellationToken);
        _box.ForeignBytes = 90_000;
        await _box.Retainer.GuardAsync(CancellationToken.None);
        Assert.Equal(60, _box.OnDisk().Count);
        Assert.DoesNotContain(_box.Box.Seals(), s => s.Type == SealType.Deletion);

        File.Delete(folder);
        if (crash)
        {
            await _box.RestartAsync();
            await _box.Retainer.StartAsync(CancellationToken.None);
        }
        else
        {
            await _box.Retainer.GuardAsync(CancellationToken.None);
        }

        var left = _box.OnDisk();
        Assert.Equal(60, left.Count);
        Assert.Equal(left, await _box.IndexedAsync(Gate));
        Assert.Equal(40, _box.Box.Seals().Where(s => s.Type == SealType.Deletion).SelectMany(s => s.Segments!).Distinct().Count());
        Assert.Equal(40, _box.Deletions.Sum(d => d.Count));
    }

    [Fact]
    public async Task Floor_SaysSo_WhenOnlyHeldFootageIsLeft()
    {
        var all = await PutAsync(Gate, "gate", 10, Duration.FromMinutes(1));
        await _box.HoldAsync(Gate, At(0) - Duration.FromDays(1), At(0) + Duration.FromDays(1));
        (_box.DiskBytes, _box.Policy) = (10_000, _box.Policy with { MinFreeBytes = 5_000 });

        var result = await SweepAsync();

        Assert.Equal(all.ToHashSet(), _box.OnDisk());
        Assert.Equal("floor_held", Assert.Single(result.Alerts).Code);
    }

    [Fact]
    public async Task ArchiveFirst_KeepsWhatTheArchiveLacks_UntilSpaceIsShort()
    {
        var all = await PutAsync(Gate, "gate", 10, Duration.FromMinutes(1));
        foreach (var archived in (int[])[1, 3, 8]) await _box.Box.Store.EnqueueAsync(db => SegmentRows.MarkArchived(db, all[archived]));
        _box.Policy = _box.Policy with { Age = Duration.FromMinutes(1), ArchiveFirst = true };

        await SweepAsync();
        Assert.Equal([.. all.Where((_, i) => i is not (1 or 3 or 8))], _box.OnDisk());
        Assert.Empty(_box.Retainer.Last!.Alerts);

        _box.Policy = _box.Policy with { MaxBytes = 5_000 };
        var result = await SweepAsync();

        Assert.Equal([.. all.Where((_, i) => i is 4 or 5 or 6 or 7 or 9)], _box.OnDisk());
        Assert.Equal("never_archived", Assert.Single(result.Alerts).Code);
        Assert.Equal("never_archived", _box.Deletions.Last().Reason);
    }

    [Fact]
    public async Task ArchiveFirst_WithoutAnArchive_IsSaidInEverySweep_UntilOneAnswers()
    {
        var all = await PutAsync(Gate, "gate", 2, Duration.FromMinutes(1));
        _box.Policy = _box.Policy with { Age = Duration.FromMinutes(1), ArchiveFirst = true };
        for (var i = 0; i < 2; i++) Assert.Equal("nothing_archived", Assert.Single((await SweepAsync()).Alerts).Code);
        Assert.Equal(all.ToHashSet(), _box.OnDisk());

        await _box.Box.Store.EnqueueAsync(db => SegmentRows.MarkArchived(db, all[0]));
        for (var i = 0; i < 2; i++) Assert.Empty((await SweepAsync()).Alerts);
        Assert.Equal([all[1]], _box.OnDisk());
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(1L << 50)]
    public async Task FloorThatTheDiskCannotHave_DeletesNothing_AndIsTold(long floor)
    {
        var all = await PutAsync(Gate, "gate", 9, Duration.FromMinutes(1));
        (_box.DiskBytes, _box.Policy) = (10_000, _box.Policy with { MinFreeBytes = floor });

        var result = await SweepAsync();
        await _box.Retainer.GuardAsync(CancellationToken.None);

        Assert.Equal(all.ToHashSet(), _box.OnDisk());
        Assert.Empty(_box.Deletions);
        var alert = Assert.Single(result.Alerts);
        Assert.Equal(("floor_absurd", _box.Box.Root), (alert.Code, alert.Subject));
        Assert.Contains("10000", alert.Text, StringComparison.Ordinal);
        Assert.Equal([alert], _box.Retainer.Last!.Alerts);
    }

    [Fact]
    public async Task WhatIsRead_Stays_UntilTheReaderIsDone()
    {
        var all = await PutAsync(Gate, "gate", 5, Duration.FromHours(1));
        _box.Policy = _box.Policy with { Age = Duration.FromMinutes(1) };
        using (_box.Locks.TryRead(all[1]))
        {
            await SweepAsync();
            Assert.Equal([all[1]], _box.OnDisk());
        }

        await SweepAsync();
        Assert.Empty(_box.OnDisk());
    }

    [Theory]
    [InlineData(24 * 3650)]
    [InlineData(1.5)]
    [InlineData(-1.5)]
    [InlineData(-24 * 20000)]
    public async Task Clock_DeletesNothing_AndWhatWasRecordedMeanwhileAgesLater(double hours)
    {
        var all = await PutAsync(Gate, "gate", 3, Duration.FromMinutes(1));
        _box.Policy = _box.Policy with { Age = Duration.FromHours(1) };
        await SweepAsync();
        Assert.Equal(3, _box.OnDisk().Count);

        _box.Clock.Advance(Duration.FromHours(hours));
        await SweepAsync();
        Assert.NotNull(_box.Retainer.ClockDoubt);
        var meanwhile = await _box.PutAsync(Gate, "gate", _box.Clock.Now);
        await _box.RestartAsync();
        await SweepAsync();
        Assert.Equal([.. all, meanwhile.Segment], _box.OnDisk());

        _box.Clock.Advance(Duration.FromHours(-hours));
        await SweepAsync();
        Assert.Null(_box.Retainer.ClockDoubt);
        Assert.Equal([.. all, meanwhile.Segment], _box.OnDisk());

        _box.Pass(Duration.FromHours(2));
        await SweepAsync();
        Assert.DoesNotContain(all[0], _box.OnDisk());
    }

    [Fact]
    public async Task Clock_MayDeleteAgain_WhenASourceOrAnOperatorVouches()
    {
        await PutAsync(Gate, "gate", 3, Duration.FromMinutes(1));
        _box.Policy = _box.Policy with { Age = Duration.FromHours(1) };
        await SweepAsync();
        _box.Clock.Advance(Duration.FromDays(2));
        await SweepAsync();
        Assert.Equal(3, _box.OnDisk().Count);

        _box.Retainer.VouchForClock();
        await SweepAsync();

        Assert.Empty(_box.OnDisk());
    }

    [Fact]
    public async Task DryRun_NamesWhatASweepThenDeletes()
    {
        var all = await PutAsync(Gate, "gate", 40, Duration.FromMinutes(10));
        await PutAsync(Yard, "yard", 10, Duration.FromMinutes(10));
        await _box.HoldAsync(Gate, At(0), At(0) + Duration.FromSeconds(1));
        _box.Policy = _box.Policy with { Age = Duration.FromHours(5), QuotaBytes = 20_000, MaxBytes = 25_000 };
        var before = _box.OnDisk();

        var (plan, _) = await _box.Retainer.PlanAsync(CancellationToken.None);
        Assert.Equal(before, _box.OnDisk());
        await SweepAsync();

        Assert.Equal(before.Except(_box.OnDisk()).ToHashSet(), plan.Listed.Select(l => l.Segment.Id).ToHashSet());
        Assert.Equal(["age", "cap", "quota"], plan.Sums.Keys.Order(StringComparer.Ordinal));
        Assert.Contains(all[0], _box.OnDisk());
    }

    [Fact]
    public async Task Rebuild_BringsBackHoldsAndDeletions()
    {
        var all = await PutAsync(Gate, "gate", 6, Duration.FromHours(1));
        await _box.HoldAsync(Gate, At(0), At(0) + Duration.FromSeconds(1), caseId: "4711");
        var released = await _box.HoldAsync(Gate, At(1), At(1) + Duration.FromSeconds(1));
        await _box.Holds.ReleaseAsync(released.Id, BoxRole.Admin, "admin", CancellationToken.None);
        _box.Policy = _box.Policy with { Age = Duration.FromHours(3) };
        await SweepAsync();
        var left = _box.OnDisk();
        Assert.Contains(all[0], left);

        await _box.RestartAsync(loseDatabase: true);

        Assert.Equal(left, await _box.IndexedAsync(Gate));
        _box.Policy = _box.Policy with { QuotaBytes = 1500 };
        await SweepAsync();
        Assert.Equal([all[0]], _box.OnDisk());
    }

    private async Task<SweepResult> SweepAsync() => await _box.Retainer.SweepAsync(CancellationToken.None);

    /// <summary>Start of the n-th segment that was put last at an hour's distance.</summary>
    private Instant At(int index) => _starts[index];

    private readonly List<Instant> _starts = [];

    private async Task<List<Guid>> PutAsync(Guid camera, string slug, int count, Duration apart)
    {
        await _box.Retainer.GuardAsync(CancellationToken.None);
        var first = _box.Clock.Now - (apart * count) - Duration.FromSeconds(29);
        var ids = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            if (camera == Gate) _starts.Add(first + (apart * i));
            ids.Add((await _box.PutAsync(camera, slug, first + (apart * i))).Segment);
        }

        return ids;
    }
}
