using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.EndToEnd;

/// <summary>
/// A real box beside cameras that are not usual: 2160p in both codecs, one behind TLS with a certificate of its own, one whose clock is believed and wrong. Frames are
/// read from the files by ffmpeg and compared with what the cameras say they sent.
/// </summary>
public sealed class CamerasOfEveryKindAreRecorded : IAsyncLifetime
{
    private const int SegmentSeconds = 4;
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(3);

    private static readonly CameraSpec[] Cameras =
    [
        new("avc4k", new FootageRecipe("h264", 2160, 5, 1, 12000)),
        new("hevc4k", new FootageRecipe("h265", 2160, 5, 1, 7200)),
        new("secure", new FootageRecipe("h264", 360, 25, 1, 500)) { Authentication = "tls", Audio = "aac" },
        new("clocked", new FootageRecipe("h264", 360, 25, 1, 500)) { Clock = "camera", Audio = "pcmu" },
    ];

    private readonly string _folder = TemporaryFolder.Create("every-kind");
    private Stack? _stack;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Stack Stack => _stack ?? throw new InvalidOperationException("the stack did not start");

    public async ValueTask InitializeAsync()
    {
        await StackPrerequisites.EnsureAsync(_ => { }, Cancellation);
        foreach (var camera in Cameras) await Footage.ClipAsync(camera.Footage, Cancellation);
        _stack = await Stack.StartAsync(new StackOptions(Path.Combine(_folder, "data")) { Sites = 1, Cameras = Cameras, SegmentSeconds = SegmentSeconds, Durable = false }, _ => { }, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stack is not null) await _stack.DisposeAsync();
        TemporaryFolder.Delete(_folder);
    }

    [Fact]
    public async Task NoFrameIsLost_AndTimesFollowTheClockThatIsBelieved()
    {
        await SegmentsAsync(1);
        await Stack.Cameras.JumpClockAsync("clocked", Ahead, rtp: false, Cancellation);
        var before = Count("clocked");
        await SegmentsAsync(before + 3);
        foreach (var camera in Cameras) await Stack.Cameras.StallAsync(camera.Name, Cancellation);
        var sent = await Stack.Cameras.ListAsync(Cancellation);
        await Eventually("the last frames are on disk", async () =>
        {
            foreach (var camera in Cameras)
                if ((await LedgerAsync(camera, sent)).Ledger is { Lost: > 0 } or { Recorded: 0 }) return false;
            return true;
        });

        foreach (var camera in Cameras)
        {
            var (ledger, marks) = await LedgerAsync(camera, sent);
            Assert.Equal((0, 0), (ledger.Lost, ledger.Duplicates));
            Assert.True(marks.Count > SegmentSeconds * camera.Footage.FramesPerSecond, $"{camera.Name}: {marks.Count} frames");
            var probe = await Tool.RunAsync("ffprobe", ["-v", "error", "-select_streams", "v", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", Files(camera.Name)[0]], Cancellation);
            Assert.Equal($"{(camera.Footage.Codec == "h265" ? "hevc" : "h264")},{camera.Footage.Width},{camera.Footage.Height}", probe.OutputOrThrow("ffprobe").Trim());
        }

        var last = Files("clocked")[^1];
        var first = (await FrameCounter.ReadAsync(last, codec: null, Cancellation))[0];
        var named = DateTimeOffset.ParseExact(Path.GetFileName(last).Split('_')[0], "yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.InRange(named.ToUnixTimeMilliseconds() - first.CameraUnixMs, -250, 250);
    }

    private async Task SegmentsAsync(int closed) => await Eventually($"{closed} closed segments", () => Task.FromResult(Cameras.All(c => Count(c.Name) > closed)));

    private int Count(string camera) => Files(camera).Count;

    private List<string> Files(string camera) =>
        [.. DiskSegment.Scan([Stack.Boxes[0].Recordings]).Values.Select(f => f.File).Where(f => f.Split('/').Contains(camera)).Order(StringComparer.Ordinal)];

    private async Task<(FrameLedger Ledger, List<FrameMark> Marks)> LedgerAsync(CameraSpec camera, IReadOnlyList<CameraState> sent)
    {
        List<FrameMark> marks = [];
        foreach (var file in Files(camera.Name)) marks.AddRange(await FrameCounter.ReadAsync(file, codec: null, Cancellation));
        return (FrameLedger.Count(marks, sent.Single(s => s.Name == camera.Name).Sent), marks);
    }

    private static async Task Eventually(string what, Func<Task<bool>> holds) => await Readiness.WaitAsync(what, async _ => await holds(), TimeSpan.FromSeconds(90), child: null, Cancellation);
}
