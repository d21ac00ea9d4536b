using System.Text.Json;
using Dapper;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recorder;
using Heldar.Edge.Retention;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Storage;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Store;

/// <summary>Invariant 6 at the start: a database that cannot be used, whatever the reason, keeps no camera from recording and is taken again when it can be used.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class UnusableDatabaseTests : IDisposable
{
    private const string Yaml = "cameras: [{ id: gate, url: 'rtsp://10.0.0.1/', username: admin, password: secret }]";
    private readonly TemporaryFolder _places = new();
    private TinyDisk? _disk;
    private SqliteConnection? _lock;
    private bool _broken;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _lock?.Dispose();
        _disk?.Dispose();
        _places.Dispose();
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("log in the way")]
    [InlineData("locked")]
    [InlineData("failed the start before")]
    [InlineData("full disk")]
    [InlineData("read-only disk")]
    [InlineData("damaged on a read-only disk")]
    public async Task Box_RecordsWithASubstitute_AndTakesItsOwnWhenThatIsBack(string how)
    {
        if (how.Contains("disk", StringComparison.Ordinal)) _disk = TinyDisk.Create(24);
        await using var box = await BoxFixture.StartAsync(Yaml, more: services => services.AddSingleton<StoreOptions>(OptionsOf));
        StoreOptions OptionsOf(IServiceProvider services) =>
            BoxApp.StoreOf(services.GetRequiredService<BoxSettings>()) with { SubstitutePlaces = [_places.Path], Unusable = how == "failed the start before" && _broken ? "disk I/O error" : null };
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 50);
        await box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://10.0.0.2/" }, 201);
        var (uid, yard) = (box.Cameras.Find("gate")!.Uid, box.Cameras.Find("yard")!.Uid);
        box.Pipelines.Status = () => new StreamStatus { State = StreamState.Offline, Failure = StreamFailure.Refused, Since = box.Clock.Now, Cause = "refused" };
        await UntilAsync("the wish of the other camera is sealed", () => Task.FromResult(Wishes(box).Any(w => w.Camera == yard)));
        await RecordAsync(box, clip);
        var key = await File.ReadAllBytesAsync(Path.Combine(box.DataFolder, "secrets.key"), Cancellation);

        await box.RestartAsync(Yaml, whileDown: data => Break(data, how));
        var store = box.App.Services.GetRequiredService<BoxStore>();
        Assert.True(store.IsSubstitute);
        Assert.Equal(uid, box.Cameras.Find("gate")!.Uid);
        await UntilAsync("the ledger has looked", () => store.ReadAsync(db => db.ExecuteScalar<long>("SELECT count(*) FROM recorded_mark") > 0, Cancellation));
        Assert.Single(box.Pipelines.Running, p => p.Identity == new CameraIdentity(uid, "gate"));
        await RecordAsync(box, clip);
        await UntilAsync("what was recorded before and now is in the index", async () => OnDisk(box).SequenceEqual((await SegmentsAsync(box, uid)).Select(s => s.File!)));

        var health = JsonDocument.Parse((await box.SendAsync("GET", "/health")).Body).RootElement.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()!).ToList();
        Assert.Single(health, w => w.Contains("cannot be used", StringComparison.Ordinal) && w.Contains(Path.Combine(box.DataFolder, "box.db"), StringComparison.Ordinal));
        var one = (await SegmentsAsync(box, uid))[0];
        var eraser = box.App.Services.GetRequiredService<Eraser>();
        Assert.Empty(await eraser.TakeAsync([new Candidate(one.Id, uid, one.Volume, one.RelativePath, one.Start, one.End, one.Data.Bytes)], "age", Cancellation));
        Assert.True(File.Exists(one.File));

        var guard = box.App.Services.GetRequiredService<StoreGuard>();
        Assert.False(guard.Look(StoreGuard.TryEvery - TimeSpan.FromSeconds(1), Cancellation));
        Assert.False(guard.Look(StoreGuard.TryEvery, Cancellation));
        Mend(box.DataFolder, how);
        Assert.True(guard.Look(StoreGuard.Stay, Cancellation));
        Assert.Equal(StoreGuard.DamagedExitCode, guard.ExitCode);

        await box.RestartAsync(Yaml);
        Assert.False(box.App.Services.GetRequiredService<BoxStore>().IsSubstitute);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_places.Path));
        Assert.Equal(uid, box.Cameras.Find("gate")!.Uid);
        if (!how.Contains("damaged", StringComparison.Ordinal))
        {
            // The wish of a camera that the substitute did not know goes on.
            Assert.Equal(yard, box.Cameras.Find("yard")?.Uid);
            Assert.DoesNotContain(Wishes(box), w => w.Camera == yard && w.To is not null);
        }

        Assert.Equal(OnDisk(box), (await SegmentsAsync(box, uid)).Select(s => s.File));
        Assert.Equal(key, await File.ReadAllBytesAsync(Path.Combine(box.DataFolder, "secrets.key"), Cancellation));
    }

    [Fact]
    public async Task Substitute_LiesInTheNextPlace_AndTakesTheRestOfAKilledOneAway()
    {
        var file = _places.File("data/box.db");
        Directory.CreateDirectory(file);
        var place = _places.File("place");
        Directory.CreateDirectory(place);
        var options = new StoreOptions { File = file, SubstitutePlaces = [_places.File("none"), place] };
        var left = SubstituteFolder.Make(place, file);
        await File.WriteAllTextAsync(left.File, "left", Cancellation);
        var other = SubstituteFolder.Make(place, file + "2");

        await using (var store = BoxStore.Open(options, StoreSchema.Embedded(), Microsoft.Extensions.Logging.Abstractions.NullLogger<BoxStore>.Instance, new ManualClock()))
        {
            Assert.True(store is { IsSubstitute: true, BeganAnew: true, Forgot: true });
            var mine = Assert.Single(Directory.EnumerateDirectories(place), d => d != other.Path);
            Assert.NotEqual(left.Path, mine);
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(mine));
            await store.EnqueueAsync(db => db.Execute("CREATE TABLE mine (id INTEGER)"), Cancellation);
            Assert.Equal(0, await store.ReadAsync(db => db.ExecuteScalar<long>("SELECT count(*) FROM mine"), Cancellation));
            Assert.False(store.IsBack());
        }

        Assert.Equal([other.Path], Directory.EnumerateDirectories(place));
        var none = options with { SubstitutePlaces = [_places.File("none")] };
        var fault = Assert.Throws<IOException>(() => BoxStore.Open(none, StoreSchema.Embedded(), Microsoft.Extensions.Logging.Abstractions.NullLogger<BoxStore>.Instance, new ManualClock()));
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
        // A command that is no running box works on the real database or not at all.
        Assert.Throws<SqliteException>(() => BoxStore.Open(options, StoreSchema.Embedded(), Microsoft.Extensions.Logging.Abstractions.NullLogger<BoxStore>.Instance));
    }

    private static async Task RecordAsync(BoxFixture box, Clip clip)
    {
        var camera = new CameraIdentity(box.Cameras.Find("gate")!.Uid, "gate");
        await using var recorder = box.App.Services.GetRequiredService<RecorderFactory>().Create(camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(2) });
        using var feed = new Feed(recorder, box.App.Services.GetRequiredService<MediaBlockPool>(), box.Clock);
        feed.Start(clip.Format);
        for (var i = 0; i < 3; i++) feed.Play(clip.Frames);
        await Eventually.TrueAsync(() => recorder.Progress.Segments > 0, "a segment is written");
        Assert.Equal(0, recorder.Progress.DroppedFrames);
        await recorder.DisposeAsync();
        Assert.Equal(3, recorder.Progress.Segments);
        await Eventually.TrueAsync(() => box.App.Services.GetRequiredService<IndexWriter>().Waiting == 0, "the index took everything");
    }

    private static IEnumerable<WantedSeal> Wishes(BoxFixture box) =>
        new SealReader(Path.Combine(box.Folder, "recordings")).Read(null, Cancellation).Select(e => e.Record.Wanted).OfType<WantedSeal>();

    /// <summary>Files of the camera, oldest first.</summary>
    private static IEnumerable<string> OnDisk(BoxFixture box) =>
        Directory.EnumerateFiles(Path.Combine(box.Folder, "recordings", "gate"), "*.mp4", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private static async Task<IReadOnlyList<Segment>> SegmentsAsync(BoxFixture box, Guid camera) =>
        (await box.App.Services.GetRequiredService<SegmentIndex>().FindAsync(camera, Instant.MinValue, Instant.MaxValue, SegmentIndex.MaxLimit, null, Cancellation)).Items;

    private static async Task UntilAsync(string what, Func<Task<bool>> so)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 400 && await timer.WaitForNextTickAsync(Cancellation); i++)
            if (await so()) return;
        Assert.Fail("not within 20 s: " + what);
    }

    /// <summary>Called while the box is down.</summary>
    private void Break(string data, string how)
    {
        if (_broken) return;
        _broken = true;
        DataFolder.Take(data).Dispose();
        var file = Path.Combine(data, "box.db");
        if (_disk is { } disk)
        {
            // The data folder is a disk of its own from now on.
            foreach (var entry in Directory.EnumerateFiles(data)) File.Copy(entry, Path.Combine(disk.Path, Path.GetFileName(entry)));
            Directory.Move(data, data + ".before");
            Directory.CreateSymbolicLink(data, disk.Path);
        }

        switch (how)
        {
            case "folder":
                File.Move(file, file + ".kept");
                Directory.CreateDirectory(file);
                break;
            case "log in the way":
                Directory.CreateDirectory(file + "-wal");
                break;
            case "locked":
                _lock = new SqliteConnection(file);
                _lock.Open();
                _lock.Execute("BEGIN IMMEDIATE");
                break;
            case "full disk":
                using (var filler = new FileStream(Path.Combine(_disk!.Path, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, 1))
                    Assert.ThrowsAny<IOException>(() => Fill(filler));
                break;
            case "read-only disk" or "damaged on a read-only disk":
                if (how.StartsWith("damaged", StringComparison.Ordinal)) Damage.Garbage(file);
                _disk!.Unmount();
                _disk.Mount("loop,ro");
                break;
        }

        using var held = DataFolder.Take(data);
        Assert.Throws<DataFolderInUseException>(() => DataFolder.Take(data));
    }

    private static void Fill(FileStream file)
    {
        var block = new byte[4096];
        while (true) file.Write(block);
    }

    private void Mend(string data, string how)
    {
        var file = Path.Combine(data, "box.db");
        switch (how)
        {
            case "folder":
                Directory.Delete(file);
                File.Move(file + ".kept", file);
                break;
            case "log in the way":
                Directory.Delete(file + "-wal");
                break;
            case "locked":
                _lock!.Dispose();
                break;
            case "full disk":
                File.Delete(Path.Combine(_disk!.Path, "filler"));
                break;
            case "read-only disk" or "damaged on a read-only disk":
                _disk!.Unmount();
                _disk.Mount();
                break;
        }

        _broken = how != "failed the start before";
    }
}
