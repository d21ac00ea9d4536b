using System.Data.Common;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Retention;
using Heldar.Edge.Upkeep;
using Heldar.Media.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Heldar.Edge.Tests.Upkeep;

/// <summary>A volume that hangs holds up its own upkeep only.</summary>
public sealed class UpkeepServiceTests : IAsyncDisposable
{
    private readonly RetentionFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task VolumeWhosePruningHangs_HoldsUpNobody_AndIsNotAskedAgain()
    {
        _box.Machine.Synchronised = true;
        await _box.Retainer.GuardAsync(CancellationToken.None);
        var (_, first) = _box.Disk("first");
        var (_, second) = _box.Disk("second");
        var hanging = new HangingReader();
        var upkeep = new Upkeeper(_box.Box.Store, _box.Retainer, DatabaseLimits.Group(4L << 30), _box.Clock);
        using var service = new UpkeepService(upkeep, new SealPruner(hanging, _box.Retainer), new VolumeWriters([first, second]), NullLogger<UpkeepService>.Instance);
        using var stop = new CancellationTokenSource();

        service.PruneSeals(stop.Token);
        await Eventually.TrueAsync(() => hanging.Asked == 2, "both volumes are pruned at the same time");
        service.PruneSeals(stop.Token);
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.Equal(2, hanging.Asked);
        await stop.CancelAsync();
    }

    /// <summary>Never answers.</summary>
    private sealed class HangingReader : IStoreReader
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public Task<T> ReadAsync<T>(Func<DbConnection, T> query, CancellationToken cancellation = default)
        {
            Interlocked.Increment(ref _asked);
            return new TaskCompletionSource<T>().Task.WaitAsync(cancellation);
        }
    }
}
