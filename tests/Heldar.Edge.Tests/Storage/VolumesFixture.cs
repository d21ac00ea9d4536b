using Heldar.Edge.Audit;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Mirror;
using Heldar.Edge.PreRoll;
using Heldar.Edge.Recorder;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Streams;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>The volumes of a box as the keeper keeps them, stepped by the test.</summary>
internal sealed class VolumesFixture : IAsyncDisposable
{
    private static readonly Guid Box = Guid.Parse("0190c0de-0000-7000-8000-00000000000a");
    private readonly TemporaryFolder _folder = new();
    private readonly IReadOnlyList<VolumeSettings> _wishes;

    private VolumesFixture(IReadOnlyList<VolumeSettings> wishes) => _wishes = wishes;

    public ManualClock Clock { get; } = new();

    public MediaBlockPool Pool { get; } = new();

    public CollectingOutbox Outbox { get; } = new();

    public KnownCameras Cameras { get; private set; } = new();

    /// <summary>Fills the index from longer seal logs than a start waits for; null for a box that waits for all. Set before a start.</summary>
    public Func<VolumesFixture, IndexRebuild>? Rebuilds { get; set; }

    /// <summary>What fills the index since the last start.</summary>
    public IndexRebuild? Rebuild { get; private set; }

    public BoxStore Store { get; private set; } = null!;

    public VolumeSet Volumes { get; private set; } = null!;

    public VolumeWriters Writers { get; private set; } = null!;

    public IndexWriter IndexWriter { get; private set; } = null!;

    public SegmentIndex Index { get; private set; } = null!;

    public VolumeKeeper Keeper { get; private set; } = null!;

    public RecorderFactory Recorders { get; private set; } = null!;

    public MirrorBook Book { get; private set; } = null!;

    public MirrorReplay Replay { get; private set; } = null!;

    public MirrorState State { get; private set; } = null!;

    public MirrorKeeper MirrorKeeper { get; private set; } = null!;

    public AuditLog Audit { get; private set; } = null!;

    public Restorer Restorer { get; private set; } = null!;

    public Scrubber Scrubber { get; private set; } = null!;

    public SpaceAlarm Alarm { get; private set; } = null!;

    public string Folder => _folder.Path;

    public static async Task<VolumesFixture> StartAsync(params IReadOnlyList<VolumeSettings> wishes)
    {
        var fixture = new VolumesFixture(wishes);
        await fixture.StartAsync();
        return fixture;
    }

    /// <summary>Starts from what is on disk; with the keeper's own loops when a test is about those.</summary>
    public async Task StartAsync(bool loops = false)
    {
        Store = BoxStore.Open(new StoreOptions { File = Path.Combine(Folder, "box.db") }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);
        (Volumes, Writers, Alarm, Cameras) = (new VolumeSet([]), new VolumeWriters([]), new SpaceAlarm(), new KnownCameras());
        IndexWriter = new IndexWriter(Store, Outbox, NullLogger<IndexWriter>.Instance);
        Index = new SegmentIndex(Store, Volumes);
        var reconciler = new IndexReconciler(Writers, Store, Store, Outbox, Cameras, new StandingLedger(), [new GapReplay(Outbox)], NullLogger<IndexReconciler>.Instance, Rebuild = Rebuilds?.Invoke(this));
        Keeper = new VolumeKeeper(
            new VolumeWishes(_wishes, new VolumeAdmission(Box), Writer), Volumes, Writers, new VolumePreparation(new VolumeRecovery(NullLogger<VolumeRecovery>.Instance), reconciler),
            Store, Store, Clock, NullLogger<VolumeKeeper>.Instance);
        Book = new MirrorBook(Store, NullLogger<MirrorBook>.Instance);
        var locks = new ReadLocks();
        var replays = new ISealReplay[] { new GapReplay(Outbox) };
        Replay = new MirrorReplay(Volumes, Store, Store, Outbox, replays, Clock, NullLogger<MirrorReplay>.Instance);
        MirrorKeeper = new MirrorKeeper(Volumes, Writers, Book, Replay, (Store, Store), locks, (new Pace(1L << 30), Clock), NullLogger<MirrorKeeper>.Instance);
        State = new MirrorState(MirrorPolicy.Of(Settings()), Keeper, Store, Clock);
        Audit = new AuditLog(Store, Store, Clock);
        Restorer = new Restorer(Index, Volumes, Writers, (Store, Outbox), locks, Audit, Clock, NullLogger<Restorer>.Instance);
        Scrubber = new Scrubber(Index, Volumes, Writers, (Store, Store), locks, Restorer, Clock, NullLogger<Scrubber>.Instance);
        if (loops) await Keeper.StartAsync(CancellationToken.None);
        else await Keeper.OpenAsync(CancellationToken.None);
        await reconciler.StartAsync(CancellationToken.None);
        Recorders = new RecorderFactory(Writers, new PreRollStore(new PreRollOptions(), Volumes, Pool, TimeProvider.System), Clock, NullLogger<CameraRecorder>.Instance);
    }

    public async Task StopAsync()
    {
        await (Rebuild?.StopAsync() ?? Task.CompletedTask);
        await Keeper.StopAsync(CancellationToken.None);
        Keeper.Dispose();
        await IndexWriter.DisposeAsync();
        await Book.DisposeAsync();
        Restorer.Dispose();
        await Store.DisposeAsync();
        Alarm.Dispose();
    }

    /// <summary>What a process that is killed now would leave becomes the state to start from; what this one writes when it ends is thrown away.</summary>
    public async Task KillAsync()
    {
        List<(string From, string To)> images = [];
        foreach (var path in _wishes.Select(w => w.Path).Append(Folder))
        {
            var image = path + ".image";
            Copy(path, image);
            images.Add((image, path));
        }

        await StopAsync();
        foreach (var (image, path) in images)
        {
            Directory.Delete(path, recursive: true);
            Directory.Move(image, path);
        }
    }

    /// <summary>The database is lost.</summary>
    public void LoseDatabase()
    {
        foreach (var file in Directory.GetFiles(Folder, "box.db*")) File.Delete(file);
    }

    /// <summary>Steps the keeper, a second of its clock each time, until something is so.</summary>
    public async Task StepUntilAsync(Func<bool> so, string what)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!so())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"not within 20 s: {what}");
            Clock.Advance(Duration.FromSeconds(1));
            await Keeper.StepAsync(TestContext.Current.CancellationToken);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public async Task<IReadOnlyList<Segment>> SegmentsAsync(Guid camera) =>
        (await Index.FindAsync(camera, Instant.MinValue, Instant.MaxValue, SegmentIndex.MaxLimit, null, CancellationToken.None)).Items;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.GetDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private VolumeWriter Writer(Volume volume, VolumeRole role, SealLog seals) =>
        new(volume, seals, role == VolumeRole.Mirror ? Book : IndexWriter, new StorageOptions { SyncInterval = Duration.FromMilliseconds(100) }, NullLogger<VolumeWriter>.Instance)
        {
            Full = Alarm.Ring,
            Tee = role == VolumeRole.Primary && _wishes.Any(w => w.Role == VolumeRole.Mirror) ? new MirrorTee(MirrorPolicy.Of(Settings()), Writers, Book) : null,
        };

    private BoxSettings Settings() => new(
        Path.Combine(Folder, "heldar.yaml"), "Depot", new Uri("http://127.0.0.1"), Folder, DateTimeZone.Utc, RecordingSettings.Of([.. _wishes], 30), null,
        [new CameraSettings("private", "Private", "rtsp://h/", null, null, false, false, true) { Mirror = false }]);
}
