using Heldar.Edge.Recorder;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Mp4;
using Heldar.Media.SegmentNames;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>What a full disk did not take is a hole with exact ends: those of the media that is on it.</summary>
public sealed class FullDiskTests
{
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private static readonly RecorderOptions TwoSeconds = new() { SegmentLength = Duration.FromSeconds(2) };

    [Fact]
    public async Task HoleOfAFullDisk_HasTheEndsOfTheMediaOnIt_AndItsCause()
    {
        using var disk = TinyDisk.Create(48);
        await using var box = await VolumesFixture.StartAsync(new VolumeSettings(disk.Path, VolumeRole.Primary, false));
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25 -b:v 2M -minrate 2M -maxrate 2M -bufsize 500k -x264-params nal-hrd=cbr", 50);
        var foreign = Path.Combine(disk.Path, "foreign");
        await using var recorder = box.Recorders.Create(Camera, TwoSeconds);
        var writer = box.Writers.All[0];
        using (var feed = new Feed(recorder, box.Pool, box.Clock))
        {
            feed.Start(clip.Format);
            await PlayAsync(2);
            using (var file = new FileStream(foreign, FileMode.Create, FileAccess.Write, FileShare.None, 1))
            {
                Fill(file);
                await PlayAsync(3);
                Assert.True(recorder.Progress.DroppedFrames > 0);
                // Room for a head, for a fragment, for more; each time taken at once.
                foreach (var kib in (int[])[8, 64, 300, 8, 600])
                {
                    var end = recorder.Progress.MediaEnd;
                    file.SetLength(file.Length - (kib << 10));
                    await PlayAsync(1);
                    if (kib == 8) await Eventually.TrueAsync(() => recorder.Progress.MediaEnd == end, "nothing counts that did not fit");
                    Fill(file);
                    await PlayAsync(2);
                }
            }

            File.Delete(foreign);
            await Eventually.TrueAsync(() => writer.Fault == VolumeFault.None, "it works again");
            await PlayAsync(3);
            await recorder.DisposeAsync();

            async Task PlayAsync(int times)
            {
                for (var i = 0; i < times; i++)
                {
                    feed.Play(clip.Frames);
                    await Eventually.TrueAsync(() => writer.QueuedBytes == 0, "the writer caught up");
                }
            }
        }

        await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
        var segments = (await box.SegmentsAsync(Camera.Uid)).OrderBy(s => s.Start).ToList();
        foreach (var segment in segments) Assert.Equal(segment.Data.Frames, (await Tool.FrameHashesAsync(segment.File!, "v")).Length);
        var holes = segments.Zip(segments.Skip(1), (a, b) => (From: a.Start + Duration.FromMilliseconds(40 * a.Data.Frames), To: b.Start)).Where(h => h.To > h.From).ToList();
        Assert.InRange(holes.Count, 2, 16);
        Assert.Equal(holes, recorder.Progress.Breaks.Select(b => (b.From, b.To)));
        Assert.All(recorder.Progress.Breaks, b => Assert.Equal("volume_full", b.Cause));
    }

    [Fact]
    public async Task HeadAlone_IsNoFootage()
    {
        await using var box = new RecordingFixture();
        using var folder = new TemporaryFolder();
        var volume = Volume.Open(folder.Path, box.Clock.Now);
        using var seals = SealLog.Open(volume.Root, box.Clock);
        await using var recorder = box.Recorders.Create(Camera, TwoSeconds);
        var label = new SegmentLabel(Guid.NewGuid(), Camera.Uid, Guid.NewGuid(), box.Clock.Now, 320, 180, "avc1.64000d");
        var file = new SegmentFile(volume, new SegmentName(Camera.Slug, label.Start, label.Segment).RelativePath, label, Camera.Slug, new byte[100], recorder);
        file.Open(seals);
        file.BeginSync();
        Assert.True(file.MarkDurable());
        ((ISegmentOwner)recorder).Durable(file);

        Assert.Null(recorder.Progress.RecordedThrough);
        file.Abandon();
    }

    private static void Fill(FileStream file)
    {
        file.Position = file.Length;
        foreach (var size in (int[])[256 << 10, 4 << 10])
        {
            try
            {
                while (true) file.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full.
            }
        }
    }
}
