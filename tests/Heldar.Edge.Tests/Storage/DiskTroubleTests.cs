using Heldar.Edge.Recorder;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>Real disks that fill, fail, are pulled and come back, while a camera is recorded.</summary>
public sealed class DiskTroubleTests
{
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private static readonly RecorderOptions TwoSeconds = new() { SegmentLength = Duration.FromSeconds(2) };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Recording_MovesToAnotherVolume_AndBack_WhenADiskGoesAndComes(bool pulled)
    {
        using var disk = TinyDisk.Create(96);
        using var other = new TemporaryFolder();
        await using var box = await VolumesFixture.StartAsync(new(disk.Path, VolumeRole.Primary, true), new VolumeSettings(other.Path, VolumeRole.Primary, false));
        Assert.Equal(2, box.Writers.All.Count);
        var first = box.Writers.All[0];
        var camera = CameraOf(box, first);
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        await using (var recorder = box.Recorders.Create(camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => recorder.Progress.Segments > 0 && recorder.Progress.OpenBytes > 0, "it records to the disk");
            Assert.StartsWith(disk.Path, recorder.Progress.OpenPath, StringComparison.Ordinal);

            if (pulled) disk.Pull();
            else disk.Break();
            await Eventually.TrueAsync(
                () =>
                {
                    feed.Play(clip.Frames);
                    box.Keeper.StepAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();
                    return recorder.Progress.OpenPath is { } path && path.StartsWith(other.Path, StringComparison.Ordinal);
                },
                "it records to the other volume");
            await box.StepUntilAsync(() => box.Writers.All.Count == 1 && box.Volumes.All.Count == 1, "the disk is out of use");
            Assert.True(box.Keeper.Status[0].Fault.NeedsReopening());
            Assert.NotNull(box.Keeper.Status[0].Cause);
            if (pulled) Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Path));
            if (!pulled) await Eventually.TrueAsync(disk.TryUnmount, "nothing holds the disk");

            disk.Mount();
            await box.StepUntilAsync(() => box.Writers.All.Count == 2, "the disk is in use again");
            await Eventually.TrueAsync(
                () =>
                {
                    feed.Play(clip.Frames);
                    return recorder.Progress.OpenPath is { } path && path.StartsWith(disk.Path, StringComparison.Ordinal);
                },
                "it records to the disk again");
        }

        await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
        await box.Keeper.StopAsync(CancellationToken.None);
        await box.IndexWriter.DisposeAsync();
        var segments = await box.SegmentsAsync(camera.Uid);
        Assert.Equal(2, segments.Select(s => s.Volume).Distinct().Count());
        foreach (var segment in segments) Assert.Equal(segment.Data.Frames, (await Tool.FrameHashesAsync(segment.File!, "v")).Length);
        Assert.Equal(0, box.Pool.BytesInUse);
    }

    [Fact]
    public async Task FullDisk_AsksForRoomAtOnce_AndWorksAgain_WhenThereIsSome()
    {
        using var disk = TinyDisk.Create(48);
        await using var box = await VolumesFixture.StartAsync(new VolumeSettings(disk.Path, VolumeRole.Primary, false));
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        var foreign = Path.Combine(disk.Path, "foreign");
        await using (var recorder = box.Recorders.Create(Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            Fill(foreign);
            await Eventually.TrueAsync(
                () =>
                {
                    feed.Play(clip.Frames);
                    return box.Writers.All[0].Fault == VolumeFault.Full;
                },
                "the disk is full");
            Assert.True(await box.Alarm.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
            await box.StepUntilAsync(() => box.Keeper.Status[0].Fault == VolumeFault.Full, "it is told");

            File.Delete(foreign);
            await Eventually.TrueAsync(() => box.Writers.All[0].Fault == VolumeFault.None, "it works again");
            var segments = recorder.Progress.Segments;
            await Eventually.TrueAsync(
                () =>
                {
                    feed.Play(clip.Frames);
                    return recorder.Progress.Segments > segments;
                },
                "it records again");
        }
    }

    [Fact]
    public async Task ReadOnlyDisk_IsNamed_AndUsed_WhenItTakesWritesAgain()
    {
        using var disk = TinyDisk.Create(48);
        var id = Volume.Open(disk.Path, Instant.FromUtc(2026, 11, 21, 4, 0), Guid.Parse("0190c0de-0000-7000-8000-00000000000a")).Id;
        disk.Unmount();
        disk.Mount("loop,ro");
        await using var box = await VolumesFixture.StartAsync(new VolumeSettings(disk.Path, VolumeRole.Primary, false));

        Assert.Equal(VolumeFault.ReadOnly, box.Keeper.Status[0].Fault);
        Assert.Empty(box.Writers.All);
        Assert.Null(box.Writers.Pick());

        disk.Unmount();
        disk.Mount();
        await box.StepUntilAsync(() => box.Writers.All.Count == 1, "it is in use");
        Assert.Equal((id, VolumeFault.None), (box.Keeper.Status[0].Id, box.Keeper.Status[0].Fault));
    }

    [Fact]
    public async Task DiskThatIsMissingAtTheStart_IsUsed_WhenItIsMounted_WithWhatItHeld()
    {
        using var disk = TinyDisk.Create(48);
        await using var box = await VolumesFixture.StartAsync(new VolumeSettings(disk.Path, VolumeRole.Primary, false));
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 60);
        await using (var recorder = box.Recorders.Create(Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
        }

        await box.StopAsync();
        disk.Unmount();
        await box.StartAsync();
        Assert.Equal(VolumeFault.Away, box.Keeper.Status[0].Fault);
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Path));
        Assert.All(await box.SegmentsAsync(Camera.Uid), s => Assert.Null(s.File));

        disk.Mount();
        await box.StepUntilAsync(() => box.Writers.All.Count == 1, "it is in use");
        Assert.All(await box.SegmentsAsync(Camera.Uid), s => Assert.True(File.Exists(s.File)));
        Assert.Null(box.Keeper.Status[0].Cause);
    }

    [Fact]
    public async Task Cameras_AreSpreadOverVolumes_BySize_AndStay()
    {
        using var folder = new TemporaryFolder();
        await using var box = await VolumesFixture.StartAsync(
            new(folder.File("a"), VolumeRole.Primary, false), new(folder.File("b"), VolumeRole.Primary, false), new VolumeSettings(folder.File("c"), VolumeRole.Primary, false));
        var time = Instant.FromUtc(2026, 11, 21, 4, 0);
        Dictionary<(Guid, int), Guid> drawn = [];
        foreach (var camera in Enumerable.Range(0, 100).Select(_ => Guid.NewGuid()))
            for (var hour = 0; hour < 10; hour++) drawn[(camera, hour)] = box.Writers.PickFor(camera, time + Duration.FromHours(hour))!.Volume.Id;

        Assert.All(drawn.Values.CountBy(v => v), v => Assert.InRange(v.Value, 250, 420));
        var gone = box.Writers.All[1];
        box.Writers.Remove(gone);
        Assert.All(drawn.Where(d => d.Value != gone.Volume.Id), d => Assert.Equal(d.Value, box.Writers.PickFor(d.Key.Item1, time + Duration.FromMinutes(60 * d.Key.Item2 + 59))!.Volume.Id));
        box.Writers.Add(gone);
        Assert.Equal(["it lies on the same disk as " + folder.File("a") + ": when that disk fails, both are lost"], box.Keeper.Status.Select(s => s.Cause).OfType<string>().Distinct());
    }

    private static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        var block = new byte[256 * 1024];
        try
        {
            while (true) stream.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>A camera whose footage of this hour goes to a volume.</summary>
    private static CameraIdentity CameraOf(VolumesFixture box, VolumeWriter writer)
    {
        while (true)
        {
            var uid = Guid.NewGuid();
            if (box.Writers.PickFor(uid, box.Clock.Now) == writer) return new CameraIdentity(uid, "gate");
        }
    }
}
