using System.Text.Json;
using Dapper;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recorder;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Retention;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Store;

/// <summary>Invariants 6 and 8: a damaged database costs neither footage nor the start; it is kept, and a new one is filled from the seal logs.</summary>
public sealed class DamagedDatabaseTests : IAsyncDisposable
{
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private static readonly StoreMigration First = new("0001_first", "CREATE TABLE item (id INTEGER PRIMARY KEY, text TEXT)");
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);

    private string Database => _folder.File("box.db");

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Garbage_DoesNotStopTheBox_AndHealthSaysWhatWasLost()
    {
        await using var box = await BoxFixture.StartAsync();
        byte[] garbage = [];
        await box.RestartAsync("", whileDown: data => garbage = Damage.Garbage(Path.Combine(data, "box.db")));

        var warnings = JsonDocument.Parse((await box.SendAsync("GET", "/health")).Body).RootElement.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()!).ToList();
        var warning = Assert.Single(warnings, w => w.Contains("the database was damaged", StringComparison.Ordinal));
        Assert.Contains("rebuilt from the seal logs", warning, StringComparison.Ordinal);
        var kept = Assert.Single(Directory.EnumerateFiles(Path.Combine(box.Folder, "data"), "box.db.damaged-*Z"));
        Assert.Contains(kept, warning, StringComparison.Ordinal);
        Assert.Equal(garbage, await File.ReadAllBytesAsync(kept, TestContext.Current.CancellationToken));
        await box.JsonAsync("GET", "/api/v1/holds");
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("zeroed")]
    [InlineData("cut")]
    [InlineData("noted")]
    public async Task Damage_IsSetAsideAtTheStart_AndNothingIsDeleted(string how)
    {
        await using (var store = Open())
        {
            await store.EnqueueAsync(db => db.Execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO item SELECT i, hex(randomblob(100)) FROM n"));
            if (how == "zeroed") Damage.Zero(store);
        }

        if (how == "garbage") Damage.Garbage(Database);
        if (how == "cut") await File.WriteAllBytesAsync(Database, (await File.ReadAllBytesAsync(Database, TestContext.Current.CancellationToken))[..20_000], TestContext.Current.CancellationToken);
        if (how == "noted") DamagedDatabase.Note(Database, "seen by the box while it ran");
        var before = await File.ReadAllBytesAsync(Database, TestContext.Current.CancellationToken);

        await using (var store = Open())
        {
            Assert.True(store.BeganAnew);
            Assert.Equal(0, await store.ReadAsync(db => db.ExecuteScalar<long>("SELECT count(*) FROM item"), TestContext.Current.CancellationToken));
        }

        var (file, cause) = Assert.Single(DamagedDatabase.Kept(Database));
        Assert.NotEmpty(cause);
        Assert.Equal(before, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        await using var again = Open();
        Assert.False(again.BeganAnew);
        Assert.Single(again.Warnings());
    }

    [Fact]
    public async Task SettingAside_IsFinished_WhenItWasInterrupted()
    {
        await (Open()).DisposeAsync();
        // As after a crash between the renames.
        DamagedDatabase.Note(Database, "malformed");
        File.Move(Database, Database + ".damaged-20261121T043700Z");

        await using var store = Open();
        Assert.True(store.BeganAnew);
        Assert.Equal("malformed", Assert.Single(DamagedDatabase.Kept(Database)).Cause);
        Assert.Null(DamagedDatabase.Noted(Database));
    }

    [Fact]
    public async Task DatabaseInOrder_IsKept()
    {
        await using (var store = Open()) await store.EnqueueAsync(db => db.Execute("INSERT INTO item VALUES (1, 'one')"));

        await using var again = Open();
        Assert.False(again.BeganAnew);
        Assert.Equal(1, await again.ReadAsync(db => db.ExecuteScalar<long>("SELECT count(*) FROM item"), TestContext.Current.CancellationToken));
        Assert.Empty(again.Warnings());
        Assert.False(Guard(again).Look(TimeSpan.FromDays(1), CancellationToken.None));
    }

    [Fact]
    public async Task ZeroedPages_UnderARunningRecorder_CostNoFootage_AndTheNextStartHasAll()
    {
        await using var box = new RetentionFixture();
        var clip = await Clip.EncodeAsync(box.Box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        Guid hold;
        await using (var recorder = box.Box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(2) }))
        {
            using var feed = new Feed(recorder, box.Box.Pool, box.Clock);
            var begin = feed.Now;
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => recorder.Progress.Segments > 0 && box.Box.IndexWriter.Waiting == 0, "a segment is indexed");
            hold = (await box.HoldAsync(Camera.Uid, begin, feed.Now)).Data.Hold;

            Damage.Zero(box.Box.Store);
            var guard = Guard(box.Box.Store);
            Assert.True(guard.Look(TimeSpan.FromSeconds(30), CancellationToken.None));
            Assert.Equal(StoreGuard.DamagedExitCode, guard.ExitCode);
            Assert.NotNull(box.Box.Store.Damage);
            Assert.Contains("seal logs", Assert.Single(box.Box.Store.Warnings()), StringComparison.Ordinal);

            var segments = recorder.Progress.Segments;
            for (var i = 0; i < 3; i++) feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => recorder.Progress.Segments >= segments + 3, "it records on");
            Assert.Equal(0, recorder.Progress.DroppedFrames);
        }

        var watch = System.Diagnostics.Stopwatch.StartNew();
        await box.RestartAsync();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"the end and the start took {watch.Elapsed}");

        Assert.True(box.Box.Store.BeganAnew);
        Assert.Single(DamagedDatabase.Kept(box.Box.Store.FilePath));
        var all = await box.Box.SegmentsAsync(Camera.Uid);
        Assert.Equal(box.OnDisk(), all.Select(s => s.Id).ToHashSet());
        Assert.Equal(400, all.Sum(s => s.Data.Frames));
        var known = await box.Box.Store.ReadAsync(db => HoldRows.Find(db, hold), TestContext.Current.CancellationToken);
        Assert.True(known is { Released: null });
        Assert.True(all[0].Held);
    }

    [Fact]
    public async Task ProcessThatBeganAnew_StaysTenMinutes()
    {
        await (Open()).DisposeAsync();
        Damage.Garbage(Database);
        await using var store = Open();
        await store.EnqueueAsync(db => db.Execute("INSERT INTO item VALUES (1, 'one')"));
        Damage.Zero(store);
        var guard = Guard(store);

        Assert.False(guard.Look(TimeSpan.FromSeconds(30), CancellationToken.None));
        Assert.False(guard.Look(StoreGuard.Stay - TimeSpan.FromSeconds(1), CancellationToken.None));
        Assert.Equal((0, null), (guard.ExitCode, DamagedDatabase.Noted(Database)));
        Assert.True(guard.Look(StoreGuard.Stay, CancellationToken.None));
        Assert.NotNull(DamagedDatabase.Noted(Database));
    }

    [Fact]
    public async Task DamageThatIsNotOnTheDisk_EndsTheProcess_OnlyWhenItComesAgainAndAgain()
    {
        await using var store = Open();
        var guard = Guard(store);

        for (var i = 1; i <= 3; i++)
        {
            await Assert.ThrowsAsync<SqliteException>(() => store.EnqueueAsync(_ => throw new SqliteException(SQLitePCL.raw.SQLITE_CORRUPT, "a page is malformed")));
            Assert.NotNull(store.Damage);
            Assert.Equal(i == 3, guard.Look(TimeSpan.FromSeconds(i), CancellationToken.None));
        }
    }

    private StoreGuard Guard(BoxStore store) => new(store, _lifetime, NullLogger<StoreGuard>.Instance);

    private BoxStore Open() => BoxStore.Open(new StoreOptions { File = Database }, [First], NullLogger<BoxStore>.Instance, _clock);
}
