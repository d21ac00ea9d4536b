using System.Diagnostics;
using Heldar.Edge.Mirror;
using Heldar.Edge.Recorder;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Storage;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Mirror;

/// <summary>A primary and a mirror below one folder, and what the tests of the room do with them.</summary>
public abstract class MirrorBench : IDisposable
{
    private protected static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private protected static readonly RecorderOptions TwoSeconds = new() { SegmentLength = Duration.FromSeconds(2) };
    private readonly TemporaryFolder _folder = new();

    private protected VolumeSettings Primary => new(_folder.File("primary"), VolumeRole.Primary, false);

    private protected VolumeSettings Copy => new(_folder.File("mirror"), VolumeRole.Mirror, false);

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static async Task RecordAsync(VolumesFixture box, int frames, CameraIdentity? camera = null)
    {
        await WantAsync(box);
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", frames);
        await using (var recorder = box.Recorders.Create(camera ?? Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
        }

        await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
        await box.Store.EnqueueAsync(_ => { });
        box.Clock.Advance(Duration.FromMinutes(1));
    }

    private protected static Task WantAsync(VolumesFixture box) => box.Store.EnqueueAsync(db => MirrorRows.Want(db, box.Volumes.Mirror is null ? [] : [Camera.Uid]));

    private protected static async Task AllCopiedAsync(VolumesFixture box, int segments)
    {
        var watch = Stopwatch.StartNew();
        while (await box.Store.ReadAsync(MirrorRows.Totals, TestContext.Current.CancellationToken) is var totals && (totals.CopiedSegments != segments || totals.WaitingSegments > 0))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"not within 20 s: {totals}");
            box.Clock.Advance(Duration.FromMinutes(1));
            await box.MirrorKeeper.StepAsync(TestContext.Current.CancellationToken);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private protected static async Task RoundAsync(VolumesFixture box)
    {
        while (await box.Scrubber.StepAsync(new Pace(1L << 30), TestContext.Current.CancellationToken))
        {
        }
    }

    private protected async Task EqualAsync(VolumesFixture box, int count)
    {
        var segments = await box.SegmentsAsync(Camera.Uid);
        Assert.Equal(count, segments.Count);
        foreach (var segment in segments)
        {
            Assert.Equal(segment.Data.Sha256, await ShaAsync(Primary.Path, segment.RelativePath));
            Assert.Equal(segment.Data.Sha256, await ShaAsync(Copy.Path, segment.RelativePath));
        }
    }

    private protected static async Task<string> ShaAsync(string root, string path) => (await Tool.RunAsync("sha256sum", $"\"{Path.Combine(root, path)}\"")).Item1.Split(' ')[0];

    private protected static void Flip(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = stream.Length / 2;
        var value = stream.ReadByte();
        stream.Position--;
        stream.WriteByte((byte)(value ^ 0x10));
    }

    private protected static IEnumerable<string> Files(string root) =>
        Directory.Exists(Path.Combine(root, "gate")) ? Directory.GetFiles(Path.Combine(root, "gate"), "*.mp4", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f)) : [];

    private protected static IEnumerable<SealRecord> Records(string root)
    {
        var reader = new SealReader(root);
        var records = reader.Read(null, CancellationToken.None).Select(e => e.Record).ToList();
        Assert.Empty(reader.Problems);
        return records;
    }

    private protected static IEnumerable<(string?, string, string)> Sealed(string root) =>
        Records(root).Where(r => r.Type == SealType.Closed).Select(r => (r.Path, r.Data!.Sha256, r.Data.Root)).Order();
}
