using Dapper;
using Heldar.Edge.Mirror;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Retention;
using Heldar.Edge.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Mirror;

/// <summary>What the mirror must bring back stays due until it is on the mirror.</summary>
public sealed class MirrorNotesTests : IAsyncDisposable
{
    private readonly RetentionFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task NoteThatTheDiskDoesNotTake_StaysDue()
    {
        var store = _box.Box.Store;
        await store.EnqueueAsync(db => db.Execute("INSERT INTO mirror_volume (id) VALUES ('mirror')"));
        for (var i = 0; i < 2; i++) await _box.HoldAsync(Guid.NewGuid(), _box.Clock.Now, _box.Clock.Now + Duration.FromHours(1));
        var volume = Volume.Open(Path.Combine(_box.Box.Folder, "mirror"), _box.Clock.Now);
        var seals = Directory.CreateDirectory(Path.Combine(volume.Root, SealFiles.Folder)).FullName;
        await File.WriteAllTextAsync(Path.Combine(seals, "2027"), "in the way", TestContext.Current.CancellationToken);
        await using var mirror = new VolumeWriter(
            volume, SealLog.Open(volume.Root, new StumblingClock(_box.Clock, Instant.FromUtc(2027, 1, 1, 0, 0))), _box.Box.IndexWriter, _box.Box.Storage, NullLogger<VolumeWriter>.Instance);

        await Assert.ThrowsAnyAsync<IOException>(() => MirrorNotes.SealAsync(mirror, store, store, CancellationToken.None));
        Assert.Equal(2, await DueAsync());

        await MirrorNotes.SealAsync(mirror, store, store, CancellationToken.None);
        Assert.Equal(0, await DueAsync());
        Assert.Equal(2, new SealReader(volume.Root).Read(null, CancellationToken.None).Select(e => e.Record.Hold?.Data.Hold).Distinct().Count());
    }

    private Task<long> DueAsync() => _box.Box.Store.ReadAsync(db => db.ExecuteScalar<long>("SELECT count(*) FROM mirror_due"), TestContext.Current.CancellationToken);
}
