using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Media.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>Slots that open their disks at the same time.</summary>
public sealed class VolumeKeeperTests : IDisposable
{
    private static readonly Guid Box = Guid.Parse("0190c0de-0000-7000-8000-00000000000a");
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task DiskThatTwoPathsLeadTo_IsPreparedAndOpenedOnce()
    {
        await using var box = await VolumesFixture.StartAsync(new VolumeSettings(_folder.File("own"), VolumeRole.Primary, false));
        var (disk, link) = (_folder.File("disk"), _folder.File("link"));
        Volume.Open(disk, box.Clock.Now, Box);
        Directory.CreateSymbolicLink(link, disk);
        var (prepared, writers) = (0, new VolumeWriters([]));
        using var keeper = Keeper(
            box,
            writers,
            new Preparation(
                () =>
                {
                    Interlocked.Increment(ref prepared);
                    SpinWait.SpinUntil(() => Volatile.Read(ref prepared) > 1, TimeSpan.FromSeconds(1));
                },
                () => Task.CompletedTask),
            disk,
            link);

        await keeper.StartAsync(Cancellation);

        Assert.Equal(1, prepared);
        Assert.Single(writers.All);
        Assert.Contains("copy of", Assert.Single(keeper.Status, s => s.Fault != VolumeFault.None).Cause, StringComparison.Ordinal);
        await keeper.StopAsync(Cancellation);
    }

    [Fact]
    public async Task VolumesOfOneDisk_AreTold_WhenTheyComeAtTheSameTime()
    {
        await using var box = await VolumesFixture.StartAsync(new VolumeSettings(_folder.File("own"), VolumeRole.Primary, false));
        var (there, waiting, both, writers) = (false, 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new VolumeWriters([]));
        using var keeper = Keeper(
            box,
            writers,
            new Preparation(
                () =>
                {
                    if (!Volatile.Read(ref there)) throw new IOException("not yet");
                },
                () =>
                {
                    if (Interlocked.Increment(ref waiting) == 2) both.SetResult();
                    return both.Task;
                }),
            _folder.File("a"),
            _folder.File("b"));
        await keeper.StartAsync(Cancellation);
        Assert.Empty(writers.All);

        Volatile.Write(ref there, true);
        box.Clock.Advance(Duration.FromMinutes(1));

        await Eventually.TrueAsync(() => keeper.Status.All(s => s.Fault == VolumeFault.None), "both are in use");
        Assert.Contains(keeper.Status, s => s.Cause?.Contains("it lies on the same disk as", StringComparison.Ordinal) == true);
        await keeper.StopAsync(Cancellation);
    }

    private static VolumeKeeper Keeper(VolumesFixture box, VolumeWriters writers, IVolumePreparation preparation, params string[] paths) => new(
        new VolumeWishes(
            [.. paths.Select(p => new VolumeSettings(p, VolumeRole.Primary, false))], new VolumeAdmission(Box),
            (volume, _, seals) => new VolumeWriter(volume, seals, box.IndexWriter, new StorageOptions(), NullLogger<VolumeWriter>.Instance)),
        new VolumeSet([]), writers, preparation, box.Store, box.Store, box.Clock, NullLogger<VolumeKeeper>.Instance);

    private sealed class Preparation(Action prepare, Func<Task> reconcile) : IVolumePreparation
    {
        public void Prepare(Volume volume, SealLog seals, CancellationToken cancellation) => prepare();

        public Task ReconcileAsync(Volume volume, CancellationToken cancellation) => reconcile();
    }
}
