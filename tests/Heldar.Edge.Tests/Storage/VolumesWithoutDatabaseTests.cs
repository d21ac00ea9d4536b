using System.Data.Common;
using Heldar.Contracts.Events;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>Invariant 6: volumes come and go while the database throws, and while it never answers.</summary>
public sealed class VolumesWithoutDatabaseTests : IDisposable
{
    private static readonly Guid Box = Guid.Parse("0190c0de-0000-7000-8000-00000000000a");
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("throws")]
    [InlineData("never answers")]
    [InlineData("holds its caller")]
    public async Task Volumes_ComeAndGo_AndAFolderWithoutIdentityIsNotBegun(string how)
    {
        var (first, second, nameless) = (_folder.File("first"), _folder.File("second"), _folder.File("nameless"));
        Volume.Open(first, _clock.Now, Box);
        Volume.Open(second, _clock.Now, Box);
        Directory.CreateDirectory(nameless);
        using var release = new ManualResetEventSlim();
        var database = new NoDatabase(how, release);
        var (volumes, writers) = (new VolumeSet([]), new VolumeWriters([]));
        using var keeper = new VolumeKeeper(
            new VolumeWishes([Wish(first), Wish(second), Wish(nameless)], new VolumeAdmission(Box), Writer), volumes, writers, new NoPreparation(), database, database, _clock, NullLogger<VolumeKeeper>.Instance);
        try
        {
            await keeper.OpenAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.Equal(2, volumes.All.Count);
            Assert.Equal(VolumeFault.Away, keeper.Status[2].Fault);
            Assert.Empty(Directory.EnumerateFileSystemEntries(nameless));

            var identity = Path.Combine(first, Volume.IdentityFile);
            File.Move(identity, _folder.File("kept"));
            await StepUntilAsync(keeper, () => volumes.All.Count == 1, "the disk that was pulled is out of use");
            Assert.Equal(second, Assert.Single(writers.All).Volume.Root);

            File.Move(_folder.File("kept"), identity);
            await StepUntilAsync(keeper, () => volumes.All.Count == 2 && writers.All.Count == 2, "it is in use again");
            Assert.Empty(Directory.EnumerateFileSystemEntries(nameless));
        }
        finally
        {
            await keeper.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(15), CancellationToken.None);
            release.Set();
        }
    }

    private static VolumeSettings Wish(string path) => new(path, VolumeRole.Primary, false);

    private static VolumeWriter Writer(Volume volume, VolumeRole role, SealLog seals) => new(volume, seals, new NoIndex(), new StorageOptions(), NullLogger<VolumeWriter>.Instance);

    private async Task StepUntilAsync(VolumeKeeper keeper, Func<bool> so, string what)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!so())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"not within 20 s: {what}");
            _clock.Advance(Duration.FromSeconds(1));
            await keeper.StepAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private sealed class NoDatabase(string how, ManualResetEventSlim release) : IStoreWriter, IStoreReader
    {
        public Task EnqueueAsync(Action<DbConnection> work, CancellationToken cancellation = default) => FailAsync<int>();

        public Task<T> ReadAsync<T>(Func<DbConnection, T> query, CancellationToken cancellation = default) => FailAsync<T>();

        private Task<T> FailAsync<T>()
        {
            if (how == "throws") throw new SqliteException(SQLitePCL.raw.SQLITE_IOERR, "disk I/O error");
            if (how == "holds its caller") release.Wait(CancellationToken.None);
            return new TaskCompletionSource<T>().Task;
        }
    }

    private sealed class NoPreparation : IVolumePreparation
    {
        public void Prepare(Volume volume, SealLog seals, CancellationToken cancellation)
        {
        }

        public Task ReconcileAsync(Volume volume, CancellationToken cancellation) => Task.CompletedTask;
    }

    private sealed class NoIndex : ISegmentSink
    {
        public void Closed(Volume volume, string sealHour, string relativePath, SegmentData data)
        {
        }
    }
}
