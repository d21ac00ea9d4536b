using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Audit;
using Heldar.Edge.Holds;
using Heldar.Edge.Indexer;
using Heldar.Edge.Retention;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.SegmentNames;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Retention;

/// <summary>Retention over real files, a real database and a real seal log; only clocks and the size of the disk are made up.</summary>
internal sealed class RetentionFixture : IAsyncDisposable
{
    private readonly List<VolumeWriter> _others = [];
    private Retainer? _retainer;

    public RecordingFixture Box { get; } = new();

    public FakeMachineTime Machine { get; } = new();

    public ReadLocks Locks { get; } = new();

    public RetentionPolicy Policy { get; set; } = RetentionPolicy.Default with { MinFreeBytes = 0 };

    /// <summary>Size of the made-up disk; what is free follows from the files that are really there.</summary>
    public long DiskBytes { get; set; } = 1L << 40;

    /// <summary>What somebody else put on the disk.</summary>
    public long ForeignBytes { get; set; }

    public ManualClock Clock => Box.Clock;

    public Retainer Retainer => _retainer ??= Open();

    public HoldBook Holds { get; private set; } = null!;

    public AuditLog Audit { get; private set; } = null!;

    public IEnumerable<FootageDeletedData> Deletions => Box.Outbox.Others.Select(o => o.Data).OfType<FootageDeletedData>();

    /// <summary>Wall and monotonic time go on together.</summary>
    public void Pass(Duration time)
    {
        Clock.Advance(time);
        Machine.Monotonic += time;
    }

    /// <summary>A closed segment on disk and in the index.</summary>
    public async Task<SegmentData> PutAsync(Guid camera, string slug, Instant start, int seconds = 30, int bytes = 1000, VolumeWriter? on = null, bool opened = false)
    {
        var data = new SegmentData
        {
            Segment = Guid.CreateVersion7(start.ToDateTimeOffset()),
            Camera = camera,
            Revision = 1,
            Run = Guid.CreateVersion7(),
            Start = start,
            End = start + Duration.FromSeconds(seconds),
            Bytes = bytes,
            Codec = "avc1.64000d",
            Frames = 750,
            Sha256 = new string('a', 64),
            Root = new string('b', 64),
            Reason = "closed",
        };
        var path = new SegmentName(slug, start, data.Segment).RelativePath;
        on ??= Box.Writers.All[0];
        var full = Path.Combine(on.Volume.Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        await File.WriteAllBytesAsync(full, new byte[bytes]);
        if (opened)
        {
            var begin = new OpenedSeal(data.Segment, camera, slug, data.Run, start, data.Codec, 640, 360, 800, data.Sha256);
            Assert.True(on.TrySeal(new SealRecord { Type = SealType.Opened, Path = path, Opened = begin }));
        }

        Assert.True(on.TrySeal(new SealRecord { Type = SealType.Closed, Path = path, Data = data }));
        await Box.Store.EnqueueAsync(db => SegmentRows.Apply(db, Box.Outbox, on.Volume.Id, path, data));
        return data;
    }

    public async Task<Hold> HoldAsync(Guid camera, Instant from, Instant to, Instant? expires = null, string? caseId = null, BoxRole by = BoxRole.Admin)
    {
        _ = Retainer;
        return (await Holds.PlaceAsync(
            new HoldAppliedData { Hold = Guid.CreateVersion7(Clock.Now.ToDateTimeOffset()), Camera = camera, From = from, To = to, Reason = "theft", Owner = "police", Expires = expires, Case = caseId },
            by, "user:anna", null, CancellationToken.None))!;
    }

    /// <summary>A second disk, which is not in use until a test says so.</summary>
    public (Volume Volume, VolumeWriter Writer) Disk(string name)
    {
        var volume = Volume.Open(Path.Combine(Box.Folder, name), Clock.Now);
        _others.Add(new VolumeWriter(volume, SealLog.Open(volume.Root, Clock), Box.IndexWriter, Box.Storage, NullLogger<VolumeWriter>.Instance));
        return (volume, _others[^1]);
    }

    /// <summary>Ids of the segments whose files are on disk.</summary>
    public HashSet<Guid> OnDisk() =>
        [.. Directory.EnumerateFiles(Box.Root, "*.mp4", SearchOption.AllDirectories).Select(f => Guid.ParseExact(Path.GetFileNameWithoutExtension(f)[^36..], "D"))];

    public long FilesBytes() => Directory.EnumerateFiles(Box.Root, "*.mp4", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

    /// <summary>Ids of the index.</summary>
    public async Task<HashSet<Guid>> IndexedAsync(params Guid[] cameras)
    {
        HashSet<Guid> all = [];
        foreach (var camera in cameras) all.UnionWith((await Box.SegmentsAsync(camera)).Select(s => s.Id));
        return all;
    }

    /// <summary>A new process over the same disk.</summary>
    public async Task RestartAsync(bool loseDatabase = false)
    {
        _retainer?.Dispose();
        _retainer = null;
        await Box.StopAsync();
        if (loseDatabase) Directory.Delete(Path.Combine(Box.Folder, "data"), recursive: true);
        await Box.StartAsync();
        _ = Retainer;
    }

    public async ValueTask DisposeAsync()
    {
        _retainer?.Dispose();
        foreach (var writer in _others) await writer.DisposeAsync();
        await Box.DisposeAsync();
    }

    private Retainer Open()
    {
        Audit = new AuditLog(Box.Store, Box.Store, Clock);
        Holds = new HoldBook(Box.Store, Box.Store, Box.Outbox, Audit, Box.Writers, Clock, NullLogger<HoldBook>.Instance);
        SpaceProbe space = _ => (Math.Max(0, DiskBytes - ForeignBytes - FilesBytes()), DiskBytes);
        return new Retainer(
            Box.Store, Box.Volumes, space, new RetentionPolicies(() => Policy),
            new Eraser(Box.Store, Box.Store, Box.Outbox, Box.Writers, new DiskWork(), Locks, Clock, NullLogger<Eraser>.Instance),
            new ClockGuard(Box.Store, Box.Store, Machine, Clock), Holds, Clock);
    }
}

/// <summary>A machine whose monotonic clock a test moves.</summary>
internal sealed class FakeMachineTime : IMachineTime
{
    public Duration Monotonic { get; set; } = Duration.FromHours(1);

    public string Boot { get; set; } = "first";

    public bool Synchronised { get; set; }

    public bool IsSynchronised(Instant now) => Synchronised;
}
