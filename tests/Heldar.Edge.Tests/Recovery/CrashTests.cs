using Heldar.Contracts.Events;
using Heldar.Edge.Recorder;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Recovery;

/// <summary>Invariants 1 and 8: a killed box keeps every whole fragment, and the seal log gives back what the database lost.</summary>
public sealed class CrashTests : IAsyncDisposable
{
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private readonly RecordingFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Theory]
    [InlineData("-c:v libx264 -preset ultrafast -g 25")]
    [InlineData("-c:v libx265 -preset veryfast -x265-params log-level=none:bframes=3:open-gop=0:keyint=50 -tag:v hvc1")]
    public async Task Kill_LosesAtMostTheFragmentInMemory(string encoder)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, encoder, 100);
        await RecordAndKillAsync(clip, seconds: 2);
        await _box.StartAsync();

        var segments = await _box.SegmentsAsync(Camera.Uid);
        Assert.Equal([1, 2], segments.Select(s => s.Data.Revision));
        var salvaged = segments[1];
        Assert.Equal(("salvaged", HashOrigin.Recorded), (salvaged.Data.Reason, salvaged.Data.HashOrigin));
        var frames = segments.Sum(s => s.Data.Frames);
        Assert.InRange(frames, 75, 100);
        var hashes = new List<string>();
        foreach (var segment in segments) hashes.AddRange(await Tool.FrameHashesAsync(segment.File!, "v"));
        Assert.Equal((await Tool.FrameHashesAsync(clip.File, "v"))[..frames], hashes);
        var (sum, _) = await Tool.RunAsync("sha256sum", $"\"{salvaged.File}\"");
        Assert.Equal(sum.Split(' ')[0], salvaged.Data.Sha256);
        Assert.Equal(segments[0].Start + Duration.FromMilliseconds(frames * 40), salvaged.End);
        Assert.Equal(salvaged.Data, Assert.Single(_box.Seals(), s => s.Type == SealType.Salvaged).Data);
        var revised = Assert.Single(_box.Outbox.Events, e => e.Type == EventTypes.SegmentRevised);
        Assert.Equal((EventIds.ForSegment(salvaged.Id, EventTypes.SegmentRevised, 2), salvaged.Data), (revised.Id, revised.Data));
    }

    [Fact]
    public async Task SecondStart_ChangesNothing()
    {
        await RecordAndKillAsync(await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100), seconds: 2);
        await _box.StartAsync();
        var (before, events, seals) = (await _box.SegmentsAsync(Camera.Uid), _box.Outbox.Events.Count, _box.Seals().Count);

        await _box.StopAsync();
        await _box.StartAsync();

        Assert.Equal(before, await _box.SegmentsAsync(Camera.Uid));
        Assert.Equal((events, seals), (_box.Outbox.Events.Count, _box.Seals().Count));
    }

    [Fact]
    public async Task LostDatabase_ComesBackFromTheSeals_WithTheSameEvents()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 200);
        await RecordAndKillAsync(clip, seconds: 2);
        await _box.StartAsync();
        var before = await _box.SegmentsAsync(Camera.Uid);
        var totals = await _box.Index.TotalsAsync(Camera.Uid, CancellationToken.None);
        var events = _box.Outbox.Events;
        await _box.KillAsync(loseDatabase: true);
        // Nothing is hashed again: the files may even be away.
        foreach (var segment in before) File.Delete(segment.File!);
        await _box.StartAsync();

        Assert.Equal(4, before.Count);
        Assert.Equal(before, await _box.SegmentsAsync(Camera.Uid));
        Assert.Equal(totals, await _box.Index.TotalsAsync(Camera.Uid, CancellationToken.None));
        Assert.Equal(events, _box.Outbox.Events.Skip(events.Count));
        Assert.Equal(Camera.Uid, _box.KnownCameras.Find("gate"));
    }

    [Fact]
    public async Task SealedButNotIndexed_ComesIntoTheIndex()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        // The index takes nothing from now on: the process dies between seal and row.
        await _box.IndexWriter.DisposeAsync();
        await RecordAndKillAsync(clip, seconds: 2, indexed: false);
        Assert.Empty(_box.Outbox.Events);
        await _box.StartAsync();

        Assert.Equal([1, 2], (await _box.SegmentsAsync(Camera.Uid)).Select(s => s.Data.Revision));
        Assert.Equal([EventTypes.SegmentClosed, EventTypes.SegmentRevised], _box.Outbox.Events.Select(e => e.Type));
    }

    [Fact]
    public async Task Deleted_StaysDeleted()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 150);
        await RecordAndKillAsync(clip, seconds: 2);
        await _box.StartAsync();
        var first = (await _box.SegmentsAsync(Camera.Uid))[0];
        _box.Writers.All[0].TrySeal(new SealRecord
        {
            Type = SealType.Deletion,
            Deleted = new FootageDeletedData { Camera = Camera.Uid, From = first.Start, To = first.End, Reason = "age", Count = 1, Bytes = first.Bytes },
        });
        await _box.StopAsync();
        Directory.Delete(Path.Combine(_box.Folder, "data"), recursive: true);
        await _box.StartAsync();

        Assert.DoesNotContain(await _box.SegmentsAsync(Camera.Uid), s => s.Id == first.Id);
    }

    [Fact]
    public async Task LostSeals_LeaveFootageThatIsNeverCalledOriginal()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        await RecordAndKillAsync(clip, seconds: 2);
        Directory.Delete(Path.Combine(_box.Root, SealFiles.Folder), recursive: true);
        Directory.Delete(Path.Combine(_box.Folder, "data"), recursive: true);
        await _box.StartAsync();

        var segments = await _box.SegmentsAsync(Camera.Uid);
        Assert.Equal(2, segments.Count);
        Assert.All(segments, s => Assert.Equal((HashOrigin.Recomputed, 2), (s.Data.HashOrigin, s.Data.Revision)));
        Assert.InRange(segments.Sum(s => s.Data.Frames), 75, 100);
    }

    [Fact]
    public async Task StrangeFiles_AreSetAsideOrLeftAlone_NeverDeleted()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 50);
        await RecordAndKillAsync(clip, seconds: 20);
        var folder = Path.GetDirectoryName(Directory.EnumerateFiles(Path.Combine(_box.Root, "gate"), "*.mp4", SearchOption.AllDirectories).Single())!;
        var garbage = Path.Combine(folder, "20261121T043759.000Z_0190c0de-0000-7000-8000-00000000000a.mp4");
        var link = Path.Combine(folder, "20261121T043758.000Z_0190c0de-0000-7000-8000-00000000000b.mp4");
        var note = Path.Combine(folder, "note.txt");
        await File.WriteAllTextAsync(garbage, "not a film", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(note, "mine", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(link, "/etc/hostname");
        await _box.StartAsync();

        Assert.False(File.Exists(garbage));
        Assert.Equal("not a film", await File.ReadAllTextAsync(Path.Combine(_box.Root, Quarantine.Folder, Path.GetFileName(garbage)), TestContext.Current.CancellationToken));
        Assert.Equal("mine", await File.ReadAllTextAsync(note, TestContext.Current.CancellationToken));
        Assert.NotNull(new FileInfo(link).LinkTarget);
        Assert.Single(_box.Seals(), s => s.Type == SealType.Quarantined);
        Assert.Single(await _box.SegmentsAsync(Camera.Uid));
    }

    private async Task RecordAndKillAsync(Clip clip, int seconds, bool indexed = true)
    {
        await using var recorder = _box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(seconds) });
        using var feed = new Feed(recorder, _box.Pool, _box.Clock);
        feed.Start(clip.Format);
        feed.Play(clip.Frames);
        await Eventually.TrueAsync(() => Written(recorder.Progress) && AllButOneAreSealed(indexed), "everything is on disk");
        await _box.KillAsync();
    }

    /// <summary>A segment is sealed before the index hears of it.</summary>
    private bool AllButOneAreSealed(bool indexed)
    {
        var seals = _box.Seals();
        var closed = seals.Count(s => s.Type == SealType.Closed);
        return closed == seals.Count(s => s.Type == SealType.Opened) - 1 && (!indexed || _box.Outbox.Events.Count == closed);
    }

    private bool Written(RecorderProgress p) => _box.Writers.All[0].QueuedBytes == 0 && p.OpenBytes > 0 && p.OpenBytes == new FileInfo(p.OpenPath!).Length && p.RecordedThrough > p.OpenStart;
}
