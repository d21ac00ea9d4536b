using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.Local.Tests.Cameras;

/// <summary>The simulator as ffmpeg sees it: frames are counted from SEI and from pixels.</summary>
public sealed class SimulatorTests : IAsyncLifetime
{
    private static readonly FootageRecipe Small = new("h264", 360, 25, 1, 500);

    private readonly string _folder = TemporaryFolder.Create("cameras");
    private readonly CameraSimulator _simulator;

    public SimulatorTests() => _simulator = new CameraSimulator(
        CameraSimulatorOptions.Free(_folder),
        [
            new CameraSpec("avc", Small) { Audio = "aac", Alternates = [Small with { Height = 720 }] },
            new CameraSpec("hevc", Small with { Codec = "h265" }) { Audio = "pcmu" },
            new CameraSpec("basic", Small) { Authentication = "basic", Audio = "pcma" },
            new CameraSpec("open", Small) { Authentication = "none" },
        ]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _simulator.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _simulator.DisposeAsync();
        TemporaryFolder.Delete(_folder);
    }

    [Theory]
    [InlineData("avc", "h264", "aac")]
    [InlineData("hevc", "hevc", "pcm_mulaw")]
    [InlineData("basic", "h264", "pcm_alaw")]
    [InlineData("open", "h264", null)]
    public async Task Camera_SendsEveryFrameOnce_WhenRecorded(string camera, string codec, string? audio)
    {
        string file = await RecordAsync(camera, seconds: 2);
        IReadOnlyList<FrameMark> marks = await FrameCounter.ReadAsync(file, codec, Cancellation);
        Assert.InRange(marks.Count, 45, 60);
        Assert.Equal(Enumerable.Range(0, marks.Count).Select(number => marks[0].Counter + number), marks.Select(mark => mark.Counter));
        long[] sent = Assert.Single((await _simulator.Control.GetAsync(camera, Cancellation)).Sent);
        Assert.InRange(marks[0].Counter, sent[0], sent[0]);
        Assert.True(marks[^1].Counter <= sent[1]);
        Assert.Equal(await NumbersInPixelsAsync(file, marks.Count), marks.Select(mark => (int?)(mark.Counter % Small.Frames)));
        string streams = (await Tool.RunAsync("ffprobe", ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file], Cancellation)).Output;
        if (audio is not null) Assert.Contains(audio, streams, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Camera_AnswersUnauthorized_WhenThePasswordIsWrong()
    {
        string url = _simulator.Url(_simulator.Cameras[0]).ToString().Replace("rtsp://", "rtsp://admin:wrong@", StringComparison.Ordinal);
        ToolResult probe = await Tool.RunAsync("ffprobe", ["-v", "error", "-rtsp_transport", "tcp", url], Cancellation);
        Assert.Contains("401", probe.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Camera_IsGoneAndBack_WhenKilledAndRevived()
    {
        await _simulator.Control.KillAsync("open", Cancellation);
        ToolResult gone = await Tool.RunAsync("ffprobe", ["-v", "error", "-rtsp_transport", "tcp", Address("open")], Cancellation);
        Assert.Contains("404", gone.Error, StringComparison.Ordinal);
        await _simulator.Control.ReviveAsync("open", Cancellation);
        Assert.NotEmpty(await FrameCounter.ReadAsync(await RecordAsync("open", seconds: 1), "h264", Cancellation));
    }

    [Fact]
    public async Task Camera_LeavesOneGapInItsLog_WhenStalled()
    {
        Task<string> recording = RecordAsync("open", seconds: 5);
        await WaitForAsync(state => state.SentFrames > 25, "open");
        await _simulator.Control.StallAsync("open", Cancellation);
        CameraState stalled = await _simulator.Control.GetAsync("open", Cancellation);
        await WaitForAsync(state => state.Counter > stalled.Counter + 25, "open");
        await _simulator.Control.ResumeAsync("open", Cancellation);
        IReadOnlyList<FrameMark> marks = await FrameCounter.ReadAsync(await recording, "h264", Cancellation);
        CameraState after = await _simulator.Control.GetAsync("open", Cancellation);
        Assert.Equal(2, after.Sent.Count);
        HashSet<long> recorded = [.. marks.Select(mark => mark.Counter)];
        Assert.Contains(after.Sent[0][1], recorded);
        Assert.Contains(after.Sent[1][0], recorded);
        Assert.DoesNotContain(after.Sent[0][1] + 1, recorded);
    }

    [Fact]
    public async Task Camera_SendsNewParameterSets_WhenItsResolutionChanges()
    {
        Task<string> recording = RecordAsync("avc", seconds: 4);
        await WaitForAsync(state => state.SentFrames > 25, "avc");
        await _simulator.Control.UseFootageAsync("avc", 1, Cancellation);
        string file = await recording;
        Assert.Equal(720, (await _simulator.Control.GetAsync("avc", Cancellation)).Height);
        string sizes = (await Tool.RunAsync("ffprobe", ["-v", "error", "-select_streams", "v", "-show_entries", "frame=height", "-of", "csv=p=0", file], Cancellation)).Output;
        Assert.Equal(["360", "720"], sizes.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd(',')).Distinct());
    }

    [Fact]
    public async Task Camera_TellsItsWrongClock_WhenTheClockJumps()
    {
        await _simulator.Control.JumpClockAsync("open", TimeSpan.FromHours(-2), rtp: false, Cancellation);
        IReadOnlyList<FrameMark> marks = await FrameCounter.ReadAsync(await RecordAsync("open", seconds: 1), "h264", Cancellation);
        double wrong = (DateTimeOffset.FromUnixTimeMilliseconds(marks[^1].CameraUnixMs) - TimeProvider.System.GetUtcNow()).TotalHours;
        Assert.InRange(wrong, -2.1, -1.9);
    }

    private string Address(string camera)
    {
        CameraSpec spec = _simulator.Cameras.Single(one => one.Name == camera);
        string url = _simulator.Url(spec).ToString();
        (string user, string password) = _simulator.Credentials;
        return spec.Authentication == "none" ? url : url.Replace("rtsp://", $"rtsp://{user}:{password}@", StringComparison.Ordinal);
    }

    private async Task<string> RecordAsync(string camera, int seconds)
    {
        string file = Path.Combine(_folder, $"{camera}-{Guid.NewGuid():N}.mkv");
        ToolResult result = await Tool.RunAsync(
            "ffmpeg", ["-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", Address(camera), "-t", seconds.ToString(CultureInfo.InvariantCulture), "-c", "copy", file], Cancellation);
        Assert.True(File.Exists(file), result.Error);
        return file;
    }

    private async Task WaitForAsync(Func<CameraState, bool> condition, string camera) =>
        await Readiness.WaitAsync(camera, async token => condition(await _simulator.Control.GetAsync(camera, token)), TimeSpan.FromSeconds(20), child: null, Cancellation);

    private static async Task<IEnumerable<int?>> NumbersInPixelsAsync(string file, int count)
    {
        int side = FrameStrip.Side(360);
        int width = FrameStrip.Cells * side;
        string raw = file + ".gray";
        (await Tool.RunAsync("ffmpeg", ["-nostdin", "-v", "error", "-i", file, "-map", "0:v", "-fps_mode", "passthrough", "-vf", $"crop={width}:{side}:0:0,format=gray", "-f", "rawvideo", raw], Cancellation)).OutputOrThrow("ffmpeg");
        byte[] pixels = await File.ReadAllBytesAsync(raw, Cancellation);
        Assert.Equal(count, pixels.Length / (width * side));
        return Enumerable.Range(0, count).Select(frame => FrameStrip.Read(pixels.AsSpan(frame * width * side, width * side), width, side));
    }
}
