using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Fsck;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Retention;
using Heldar.Edge.Tests.Storage;
using Heldar.Edge.Upkeep;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Upkeep;

/// <summary>The seal log does not grow for ever: it goes with its footage, and neither chain nor evidence goes with it.</summary>
public sealed class SealPrunerTests : IAsyncDisposable
{
    private static readonly Guid Camera = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private static readonly Guid OpenGap = Guid.Parse("0190c0de-0000-7000-8000-000000000010");
    private static readonly Guid OldGap = Guid.Parse("0190c0de-0000-7000-8000-000000000011");
    private readonly RetentionFixture _box = new();

    private string Root => _box.Box.Root;

    private SealPruner Pruner => new(_box.Box.Store, _box.Retainer);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task LogBeforeTheOldestFootage_Goes_AndARebuiltDatabaseHasAllThatMatters()
    {
        var began = _box.Clock.Now;
        var hold = await _box.HoldAsync(Guid.NewGuid(), _box.Clock.Now, _box.Clock.Now + Duration.FromHours(1));
        var all = await FillAsync();
        Assert.Equal(0, await PruneAsync());
        await DeleteAllButAsync(4);
        var before = SealFiles.Hours(Root);
        var copy = await File.ReadAllBytesAsync(SealFiles.PathOf(Root, before[7]), TestContext.Current.CancellationToken);

        Assert.Equal(8, await PruneAsync());
        Assert.Equal(before.Skip(8), SealFiles.Hours(Root).Take(before.Count - 8));
        Assert.Equal(0, await PruneAsync());
        Assert.NotEmpty(_box.Box.Seals());

        // A crash took the last file not away.
        Directory.CreateDirectory(Path.GetDirectoryName(SealFiles.PathOf(Root, before[7]))!);
        await File.WriteAllBytesAsync(SealFiles.PathOf(Root, before[7]), copy, TestContext.Current.CancellationToken);
        Assert.NotEmpty(_box.Box.Seals());
        Assert.Equal(1, await PruneAsync());

        await _box.RestartAsync(loseDatabase: true);
        Assert.Equal(all.Skip(8).ToHashSet(), await _box.IndexedAsync(Camera));
        var (standing, open, old, wanted, ledger) = await _box.Box.Store.ReadAsync(
            db => (HoldRows.Find(db, hold.Id), GapRows.ById(db, OpenGap), GapRows.ById(db, OldGap), GapRows.WantedAt(db, Camera, began), db.ExecuteScalar<long>("SELECT before_ns FROM pruned")), CancellationToken.None);
        Assert.Equal((true, true, false), (standing is { Released: null }, open is not null, old is not null));
        Assert.Equal((began, (Instant?)null), wanted);
        Assert.Equal(began + Duration.FromHours(8), SegmentIndex.Time(ledger));
        var report = await new Checker([_box.Box.Volume], null, _box.Clock, NullLoggerFactory.Instance).RunAsync(hash: false, repair: false, _ => { }, CancellationToken.None);
        Assert.DoesNotContain(report.Listed, f => f.Invariant == 3);
    }

    [Fact]
    public async Task NoteThatTheDiskDoesNotTake_KeepsTheFilesThatTellOfIt()
    {
        var hold = await _box.HoldAsync(Guid.NewGuid(), _box.Clock.Now, _box.Clock.Now + Duration.FromHours(1));
        await FillAsync();
        await DeleteAllButAsync(4);
        var before = SealFiles.Hours(Root);
        await _box.Box.Writers.All[0].DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(Root, SealFiles.Folder, "2027"), "in the way", TestContext.Current.CancellationToken);
        await using var writer = new VolumeWriter(
            _box.Box.Volume, SealLog.Open(Root, new StumblingClock(_box.Clock, Instant.FromUtc(2027, 1, 1, 0, 0))), _box.Box.IndexWriter, _box.Box.Storage, NullLogger<VolumeWriter>.Instance);

        await Assert.ThrowsAnyAsync<IOException>(() => Pruner.PruneAsync(writer, CancellationToken.None));
        Assert.Equal(before, SealFiles.Hours(Root).Take(before.Count));
        Assert.DoesNotContain(_box.Box.Seals(), s => s.Type == SealType.Pruned);

        await Media.Tests.Eventually.TrueAsync(() => writer.Fault == VolumeFault.None, "the volume works again");
        Assert.Equal(8, await Pruner.PruneAsync(writer, CancellationToken.None));
        Assert.Contains(_box.Box.Seals(), s => s.Hold?.Data.Hold == hold.Id);
    }

    [Fact]
    public async Task ClockInDoubt_PrunesNothing()
    {
        await FillAsync();
        await DeleteAllButAsync(4);
        _box.Machine.Synchronised = false;
        _box.Clock.Now += Duration.FromDays(3650);
        await _box.Retainer.GuardAsync(CancellationToken.None);

        Assert.Equal(0, await PruneAsync());
    }

    [Fact]
    public async Task FileThatWasChanged_IsKept()
    {
        await FillAsync();
        await DeleteAllButAsync(4);
        var changed = SealFiles.Hours(Root)[3];
        await File.AppendAllTextAsync(SealFiles.PathOf(Root, changed), "{}\n", TestContext.Current.CancellationToken);

        await PruneAsync();

        Assert.Contains(changed, SealFiles.Hours(Root));
    }

    /// <summary>Twelve hours of footage, a segment and a file of the log each; the first hour tells of gaps and of what is wanted too.</summary>
    private async Task<List<Guid>> FillAsync()
    {
        _box.Machine.Synchronised = true;
        _box.Box.Replays = [new GapReplay(_box.Box.Outbox)];
        var began = _box.Clock.Now;
        GapData[] gaps =
        [
            new() { Gap = OpenGap, Camera = Camera, Revision = 1, Start = began, Cause = GapCause.Network },
            new() { Gap = OldGap, Camera = Camera, Revision = 1, Start = began, End = began + Duration.FromMinutes(1), Cause = GapCause.Network },
        ];
        foreach (var gap in gaps) await SealAsync(new SealRecord { Type = SealType.Gap, Missing = gap });
        await SealAsync(new SealRecord { Type = SealType.Wanted, Wanted = new WantedSeal(Camera, began) });
        await _box.Box.Store.EnqueueAsync(db =>
        {
            foreach (var gap in gaps) GapRows.Apply(db, _box.Box.Outbox, gap);
            GapRows.Want(db, Camera, began, null);
        });
        List<Guid> all = [];
        for (var hour = 0; hour < 12; hour++)
        {
            all.Add((await _box.PutAsync(Camera, "gate", _box.Clock.Now)).Segment);
            await SealAsync(new SealRecord { Type = SealType.Fragments, Fragments = new FragmentsSeal(all[^1], [new FragmentSeal(0, 1000, 25, _box.Clock.Now, new string('a', 64))]) });
            _box.Pass(Duration.FromHours(1));
        }

        await _box.Retainer.GuardAsync(CancellationToken.None);
        await _box.Box.Store.EnqueueAsync(db => SegmentRows.Mark(db, _box.Box.Volume.Id, SealFiles.HourOf(_box.Clock.Now)));
        return all;
    }

    private Task SealAsync(SealRecord record) => _box.Box.Writers.All[0].SealAsync(record, CancellationToken.None);

    private async Task DeleteAllButAsync(int hours)
    {
        _box.Policy = _box.Policy with { Age = Duration.FromHours(hours) + Duration.FromMinutes(30) };
        Assert.Equal(12 - hours, (await _box.Retainer.SweepAsync(CancellationToken.None)).Segments);
    }

    private Task<int> PruneAsync() => Pruner.PruneAsync(_box.Box.Writers.All[0], CancellationToken.None);
}
