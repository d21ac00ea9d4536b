using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Edge.Tests.Anr;

/// <summary>
/// The real program and real cameras, which are unplugged for 20 s while their storage goes on. The union of live and refilled files must hold every frame that the cameras
/// stored exactly once, as ffmpeg reads them.
/// </summary>
public sealed class HoleIsRefilledFromTheCamerasStorage : IAsyncLifetime
{
    private const int FramesPerSecond = 25;
    private const int Unplugged = 20 * FramesPerSecond;

    private static readonly CameraSpec[] Cameras =
    [
        new("fast", new FootageRecipe("h264", 360, FramesPerSecond, 2, 500)) { Storage = new CameraStorage(), Audio = "aac" },
        new("slow", new FootageRecipe("h265", 360, FramesPerSecond, 2, 300)) { Storage = new CameraStorage { RealTime = true, Onvif = false, TimesInUrl = true }, Authentication = "none" },
        new("torn", new FootageRecipe("h264", 360, FramesPerSecond, 1, 500)) { Storage = new CameraStorage(), Authentication = "basic", Audio = "pcmu" },
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly CameraSimulator _simulator;
    private LoneBox? _box;

    public HoleIsRefilledFromTheCamerasStorage() => _simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), Cameras);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _simulator.StartAsync(Cancellation);
        var options = new LoneBoxOptions(_folder.File("box"), SegmentSeconds: 4) { Extra = "anr: { settleSeconds: 4, retrySeconds: 1, maxAttempts: 2 }\n" };
        _box = await LoneBox.CreateAsync(options, _simulator, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_box is not null) await _box.DisposeAsync();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task EveryStoredFrameIsThereOnce_AndAHoleInTheStorageStaysAGap()
    {
        // A camera's clock may be wrong: the refill is dated by the box.
        await _simulator.Control.JumpClockAsync("torn", TimeSpan.FromSeconds(40), rtp: false, Cancellation);
        await _box!.StartAsync(Cancellation);
        await Eventually("all are recorded", async () => (await Task.WhenAll(Cameras.Select(c => SegmentsAsync(c.Name)))).All(s => s.Count > 2));
        var before = await CounterAsync();
        foreach (var camera in Cameras) await _simulator.Control.UnplugAsync(camera.Name, Cancellation);
        await CounterAsync(before + (Unplugged * 2 / 5));
        await _simulator.Control.StoreAsync("torn", on: false, Cancellation);
        await CounterAsync(before + (Unplugged * 3 / 5));
        await _simulator.Control.StoreAsync("torn", on: true, Cancellation);
        await CounterAsync(before + Unplugged);
        foreach (var camera in Cameras) await _simulator.Control.PlugAsync(camera.Name, Cancellation);

        await Eventually("the gaps are settled", async () =>
            await GapAsync("fast") is { FillState: "filled" } && await GapAsync("slow") is { FillState: "filled" } && await GapAsync("torn") is { FillState: "partial", NextFillAt: null });
        foreach (var camera in Cameras) await _simulator.Control.StallAsync(camera.Name, Cancellation);
        var refilled = (await SegmentsAsync("fast")).Where(s => s.Provenance == "camera").ToList();
        await _box.StopAsync();

        var states = await _simulator.Control.ListAsync(Cancellation);
        var files = DiskSegment.Scan([_box.Recordings]).Values;
        var recorded = new RecordedFrames();
        foreach (var camera in Cameras)
        {
            var marks = await recorded.OfAsync(camera, files, Cancellation);
            var state = states.Single(s => s.Name == camera.Name);
            var (first, last) = (marks.Min(m => m.Counter), marks.Max(m => m.Counter));
            Assert.True(last >= state.Sent[^1][1] - 1, $"{camera.Name}: {last} is the last on disk, {state.Sent[^1][1]} was the last sent");
            Assert.Equal(0, marks.Count - marks.DistinctBy(m => m.Counter).Count());
            var stored = state.Storage!.Stored.SelectMany(r => Range(r[0], r[1])).Concat(state.Sent.SelectMany(r => Range(r[0], r[1]))).Where(c => c >= first && c <= last).ToHashSet();
            stored.ExceptWith(marks.Select(m => m.Counter));
            // Behind a hole of its own, a camera's footage can be decoded from the next keyframe on.
            var allowed = camera.Name == "torn" ? FramesPerSecond * camera.Footage.GopSeconds : 0;
            Assert.True(stored.Count <= allowed, $"{camera.Name}: {stored.Count} frames are missing, from {stored.DefaultIfEmpty().Min()} to {stored.DefaultIfEmpty().Max()}; {string.Join(' ', state.Sent.Select(r => $"{r[0]}-{r[1]}"))}");
            Assert.Equal(1, state.Storage.Peak);
            Assert.Equal(camera.Storage!.RealTime, state.Storage.Replays.All(r => r.Ms >= 15_000));
            if (camera.Storage.RealTime) continue;
            // A camera that allows it gives footage back faster than it was made, also all tries together.
            Assert.True(state.Storage.Replays.All(r => !r.RateControl), $"{camera.Name} was asked for no more than real time");
            var (took, length) = (state.Storage.Replays.Sum(r => r.Ms), Unplugged * 1000 / FramesPerSecond);
            Assert.True(took < length, $"{camera.Name}: {length} ms of footage took {took} ms");
        }

        await JudgeAsync([.. files.Where(f => f.File.Contains("/fast/", StringComparison.Ordinal)).OrderBy(f => f.File, StringComparer.Ordinal)], refilled.ToDictionary(s => s.Id));
    }

    /// <summary>Live and refilled files one behind the other are one stream that decodes without a complaint, and the refilled ones have their sound.</summary>
    private async Task JudgeAsync(IReadOnlyList<DiskSegment> files, Dictionary<Guid, BoxSegment> refilled)
    {
        var (whole, part) = (_folder.File("whole.h264"), _folder.File("part.h264"));
        await using (var stream = File.Create(whole))
        {
            foreach (var file in files)
            {
                (await Tool.RunAsync("ffmpeg", ["-nostdin", "-y", "-v", "error", "-i", file.File, "-map", "0:v", "-c", "copy", "-copyinkf", "-bsf:v", "h264_mp4toannexb", "-f", "h264", part], Cancellation)).OutputOrThrow("ffmpeg");
                await stream.WriteAsync(await File.ReadAllBytesAsync(part, Cancellation), Cancellation);
            }
        }

        var marks = FrameCounter.Find(await File.ReadAllBytesAsync(whole, Cancellation));
        Assert.Equal(Enumerable.Range(0, marks.Count).Select(i => marks[0].Counter + i), marks.Select(m => m.Counter));
        var decoded = await Tool.RunAsync("ffprobe", ["-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", whole], Cancellation);
        Assert.Equal((marks.Count.ToString(CultureInfo.InvariantCulture), ""), (decoded.Output.Trim(), decoded.Error.Trim()));

        Assert.True(refilled.Count >= 5, $"{refilled.Count} refilled segments");
        double sound = 0;
        foreach (var file in files.Where(f => refilled.ContainsKey(f.Segment)))
        {
            var packets = (await Tool.RunAsync("ffprobe", ["-v", "error", "-select_streams", "a", "-show_entries", "packet=duration_time", "-of", "csv=p=0", file.File], Cancellation)).OutputOrThrow("ffprobe");
            // ffprobe tells no length of a packet that begins before the file's first picture.
            sound += packets.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(d => !d.StartsWith("N/A", StringComparison.Ordinal)).Sum(d => double.Parse(d.TrimEnd(','), CultureInfo.InvariantCulture));
        }

        Assert.Equal(refilled.Values.Sum(s => (s.EndTime - s.StartTime).TotalSeconds), sound, 1.0);
    }

    private static IEnumerable<long> Range(long first, long last) => Enumerable.Range(0, (int)(last - first) + 1).Select(n => first + n);

    private static async Task Eventually(string what, Func<Task<bool>> holds) => await Readiness.WaitAsync(what, async _ => await holds(), TimeSpan.FromSeconds(120), child: null, Cancellation);

    private async Task<IReadOnlyList<BoxSegment>> SegmentsAsync(string camera) => await _box!.SegmentsAsync(camera, Cancellation);

    private async Task<BoxGap?> GapAsync(string camera) => await _box!.GapsAsync(camera, Cancellation) is [var one] ? one : null;

    private async Task<long> CounterAsync(long atLeast = 0)
    {
        long counter = 0;
        await Eventually($"frame {atLeast}", async () => (counter = (await _simulator.Control.GetAsync("fast", Cancellation)).Counter) >= atLeast);
        return counter;
    }
}
