using System.Text.Json;
using Heldar.Edge.Health;
using Heldar.Edge.Snapshots;
using Heldar.Edge.Tests.Events;
using Heldar.Edge.Tests.Ingest;
using Heldar.Local.Cameras;
using NodaTime;
using Readiness = Heldar.Local.Processes.Readiness;

namespace Heldar.Edge.Tests.Health;

/// <summary>
/// Real streams whose picture turns black, is covered, freezes or shows another scene, and whose sound stops: the health answer says so in its words, and takes them back.
/// </summary>
public sealed class FaultsOfARealCameraAreTold : IAsyncLifetime
{
    private const int FramesPerSecond = 25;
    private const int MostLooks = 25;
    private static readonly FootageRecipe Well = new("h264", 360, FramesPerSecond, 1, 500);
    private static readonly string[] PictureWords = ["black", "covered", "frozen", "scene_changed"];

    private static readonly CameraSpec[] Cameras =
    [
        new("gate", Well) { Alternates = [Well with { Fault = "black" }, Well with { Fault = "covered" }, Well with { Fault = "frozen" }, Well with { Fault = "elsewhere" }] },
        new("hall", Well) { Audio = "aac" },
        new("lift", Well) { Audio = "pcmu" },
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly SteppedClock _clock = new();
    private readonly CameraSimulator _simulator;
    private readonly RealCameraBox _box;
    private Duration _ahead;

    public FaultsOfARealCameraAreTold()
    {
        _simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), Cameras);
        _box = new RealCameraBox(_simulator) { Clock = _clock };
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PictureThatIsWrong_IsTold_AndItsEnd()
    {
        await _box.StartAsync(_ => "");
        await RecordsAsync("gate");
        using var decoder = new JpegDecoder();
        for (var look = 0; look < 3; look++) Assert.Empty(await LookAsync(decoder));
        foreach (var (clip, word) in PictureWords.Select((word, i) => (i + 1, word)))
        {
            await _simulator.Control.UseFootageAsync("gate", clip, Cancellation);
            await LookUntilAsync(decoder, word);
            await _simulator.Control.UseFootageAsync("gate", 0, Cancellation);
            await LookUntilAsync(decoder);
        }

        Assert.Empty(await LookAsync(decoder));
    }

    [Theory]
    [InlineData("hall")]
    [InlineData("lift")]
    public async Task SoundThatStops_WhilePicturesGoOn_IsTold_AndItsReturn(string camera)
    {
        await _box.StartAsync(c => c.Audio == "none" ? "" : ", audio: true");
        await RecordsAsync(camera);
        await _simulator.Control.SoundAsync(camera, on: false, Cancellation);
        var silent = await _box.UntilAsync($"cameras/{camera}/health", h => Problems(h).Contains("audio_lost"));
        Assert.Equal("recording", silent.GetProperty("state").GetString());
        Assert.InRange(silent.GetProperty("fps_observed").GetDouble(), FramesPerSecond / 2, FramesPerSecond * 2);

        await _simulator.Control.SoundAsync(camera, on: true, Cancellation);
        await _box.UntilAsync($"cameras/{camera}/health", h => !Problems(h).Contains("audio_lost"));
        // The other one was heard all the time.
        Assert.DoesNotContain("audio_lost", Problems(await _box.SendAsync(HttpMethod.Get, $"cameras/{(camera == "hall" ? "lift" : "hall")}/health")));
    }

    public async ValueTask InitializeAsync() => await _simulator.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    private static string[] Problems(JsonElement health) => [.. health.GetProperty("problems").EnumerateArray().Select(p => p.GetString()!)];

    private Task<JsonElement> RecordsAsync(string camera) => _box.UntilAsync($"cameras/{camera}/health", c => c.GetProperty("state").GetString() == "recording");

    private async Task LookUntilAsync(JpegDecoder decoder, params string[] words)
    {
        string[] seen = [];
        for (var look = 0; look < MostLooks; look++)
            if ((seen = await LookAsync(decoder)).SequenceEqual(words)) return;
        Assert.Fail($"[{string.Join(' ', words)}] was not told: [{string.Join(' ', seen)}]");
    }

    /// <summary>A minute later by the box's clock, and at least one keyframe by the camera's: what the API says of the picture then.</summary>
    private async Task<string[]> LookAsync(JpegDecoder decoder)
    {
        var next = (await _simulator.Control.GetAsync("gate", Cancellation)).Counter + (FramesPerSecond * 3 / 2);
        await Readiness.WaitAsync("the next keyframe", async token => (await _simulator.Control.GetAsync("gate", token)).Counter >= next, TimeSpan.FromSeconds(60), null, Cancellation);
        _clock.Ahead = _ahead += Duration.FromTimeSpan(PictureWatch.Period);
        await _box.Service<PictureWatch>().LookAsync(decoder, _ => true, Cancellation);
        return [.. Problems(await _box.SendAsync(HttpMethod.Get, "cameras/gate/health")).Intersect(PictureWords, StringComparer.Ordinal)];
    }
}
