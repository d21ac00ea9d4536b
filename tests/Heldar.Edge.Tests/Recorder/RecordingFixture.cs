using System.Collections.Concurrent;
using System.Data.Common;
using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.PreRoll;
using Heldar.Edge.Recorder;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Media.Streams;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Recorder;

/// <summary>What writes footage, on a real disk and a real database, without cameras.</summary>
internal sealed class RecordingFixture : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RecordingFixture(StorageOptions? storage = null, Func<IndexWriter, ISegmentSink>? sink = null, PreRollOptions? preRoll = null)
    {
        PreRoll = preRoll ?? new PreRollOptions();
        (Storage, Sink) = (storage ?? new StorageOptions { SyncInterval = Duration.FromMilliseconds(100) }, sink ?? (i => i));
        Open();
    }

    public StorageOptions Storage { get; }

    public Func<IndexWriter, ISegmentSink> Sink { get; }

    public ManualClock Clock { get; } = new();

    public MediaBlockPool Pool { get; } = new();

    public CollectingOutbox Outbox { get; } = new();

    public BoxStore Store { get; private set; } = null!;

    public VolumeSet Volumes { get; private set; } = null!;

    public Volume Volume => Volumes.All[0];

    public SegmentIndex Index { get; private set; } = null!;

    public IndexWriter IndexWriter { get; private set; } = null!;

    public VolumeWriters Writers { get; private set; } = null!;

    public PreRollOptions PreRoll { get; }

    public PreRollStore Rings { get; private set; } = null!;

    public RecorderFactory Recorders { get; private set; } = null!;

    public KnownCameras KnownCameras { get; private set; } = null!;

    /// <summary>What the last start found standing in the seal logs.</summary>
    public StandingLedger Standing { get; private set; } = new();

    /// <summary>Rooms whose rows come back with a start.</summary>
    public IReadOnlyList<ISealReplay> Replays { get; set; } = [];

    /// <summary>Fills the index from longer seal logs than a start waits for; null for a box that waits for all. Set before a start.</summary>
    public Func<RecordingFixture, IndexRebuild>? Rebuilds { get; set; }

    /// <summary>What fills the index since the last start.</summary>
    public IndexRebuild? Rebuild { get; private set; }

    public string Folder => _folder.Path;

    public string Root => Path.Combine(Folder, "recordings");

    private string Database => Path.Combine(Folder, "data", "box.db");

    /// <summary>Stops in order.</summary>
    public async Task StopAsync()
    {
        if (Rebuild is not null) await Rebuild.DisposeAsync();
        await Writers.DisposeAsync();
        await IndexWriter.DisposeAsync();
        await Store.DisposeAsync();
    }

    /// <summary>
    /// What a killed process would leave at this moment becomes the state to start from: the files as they are now are kept, and what this process
    /// writes when it ends is thrown away.
    /// </summary>
    public async Task<string> KillAsync(bool loseDatabase = false)
    {
        var image = Path.Combine(Folder, "image");
        foreach (var name in (string[])["recordings", "data"]) Copy(Path.Combine(Folder, name), Path.Combine(image, name));
        var told = Outbox.Events.Count;
        await StopAsync();
        Outbox.Forget(told);
        foreach (var name in (string[])["recordings", "data"])
        {
            Directory.Delete(Path.Combine(Folder, name), recursive: true);
            Directory.Move(Path.Combine(image, name), Path.Combine(Folder, name));
        }

        if (loseDatabase) Directory.Delete(Path.Combine(Folder, "data"), recursive: true);
        return Root;
    }

    /// <summary>Starts from what is on disk, as a box does.</summary>
    public async Task StartAsync()
    {
        Open();
        await ReconcileAsync();
    }

    /// <summary>Applies the seal log to the index, which may happen again and again.</summary>
    public async Task ReconcileAsync()
    {
        Rebuild = Rebuilds?.Invoke(this);
        await new IndexReconciler(Writers, Store, Store, Outbox, KnownCameras, Standing = new StandingLedger(), Replays, NullLogger<IndexReconciler>.Instance, Rebuild).StartAsync(CancellationToken.None);
    }

    /// <summary>Every closed segment of a camera, oldest first.</summary>
    public async Task<IReadOnlyList<Segment>> SegmentsAsync(Guid camera) =>
        (await Index.FindAsync(camera, Instant.MinValue, Instant.MaxValue, SegmentIndex.MaxLimit, null, CancellationToken.None)).Items;

    /// <summary>Recorders by another clock.</summary>
    public RecorderFactory RecordersOf(IClock clock) => new(Writers, Rings, clock, NullLogger<CameraRecorder>.Instance);

    /// <summary>The seal log, verified.</summary>
    public IReadOnlyList<SealRecord> Seals()
    {
        var reader = new SealReader(Root);
        var records = reader.Read(null, CancellationToken.None).Select(e => e.Record).ToList();
        Assert.Empty(reader.Problems);
        return records;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>Opens what was stopped, without applying the seal log.</summary>
    public void Reopen() => Open();

    private void Open()
    {
        Store = BoxStore.Open(new StoreOptions { File = Database }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance, Clock);
        Volumes = new VolumeSet([Volume.Open(Root, Clock.Now)]);
        Index = new SegmentIndex(Store, Volumes);
        IndexWriter = new IndexWriter(Store, Outbox, NullLogger<IndexWriter>.Instance);
        KnownCameras = new KnownCameras();
        var seals = SealLog.Open(Root, Clock);
        new VolumeRecovery(NullLogger<VolumeRecovery>.Instance).Run(Volume, seals, CancellationToken.None);
        Writers = new VolumeWriters([new VolumeWriter(Volume, seals, Sink(IndexWriter), Storage, NullLogger<VolumeWriter>.Instance)]);
        Rings = new PreRollStore(PreRoll, Volumes, Pool, TimeProvider.System);
        Recorders = new RecorderFactory(Writers, Rings, Clock, NullLogger<CameraRecorder>.Instance);
    }
}

/// <summary>An outbox that keeps what it gets, also over restarts of the box.</summary>
internal sealed class CollectingOutbox : IOutbox
{
    private ConcurrentQueue<(string Type, string Id, SegmentData Data)> _events = new();

    public IReadOnlyList<(string Type, string Id, SegmentData Data)> Events => [.. _events];

    /// <summary>Only the first ones were ever written.</summary>
    public void Forget(int after) => _events = new(_events.Take(after));

    /// <summary>Events that are not of segments.</summary>
    public ConcurrentQueue<(string Type, object Data)> Others { get; } = new();

    public void Append(DbConnection tx, string eventType, string eventId, Guid? camera, Instant time, object data)
    {
        if (data is SegmentData segment) _events.Enqueue((eventType, eventId, segment));
        else Others.Enqueue((eventType, data));
    }
}
