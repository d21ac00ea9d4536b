using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.Local.Tests.Cameras;

/// <summary>What a simulated camera has in its own storage, as ffmpeg gets it back.</summary>
public sealed class StorageTests : IAsyncLifetime
{
    private const string Name = "kept";

    private readonly string _folder = TemporaryFolder.Create("storage");
    private readonly CameraSimulator _simulator;

    public StorageTests() => _simulator = new CameraSimulator(
        CameraSimulatorOptions.Free(_folder),
        [new CameraSpec(Name, new FootageRecipe("h264", 360, 25, 1, 500)) { Storage = new CameraStorage { TimesInUrl = true, Onvif = false } }]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _simulator.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _simulator.DisposeAsync();
        TemporaryFolder.Delete(_folder);
    }

    [Fact]
    public async Task Replay_GivesWhatWasStored_ThoughNobodyWatched_AndNotWhatWasNot()
    {
        await StoredAsync(80);
        await _simulator.Control.StoreAsync(Name, on: false, Cancellation);
        var hole = (await StorageAsync()).Stored[^1][1];
        await CounterAsync(hole + 30);
        await _simulator.Control.StoreAsync(Name, on: true, Cancellation);
        await StoredAsync(200);

        string file = Path.Combine(_folder, "replay.mp4");
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        string url = _simulator.ReplayUrl(_simulator.Cameras[0])!.Replace("rtsp://", $"rtsp://{_simulator.Credentials.Username}:{_simulator.Credentials.Password}@", StringComparison.Ordinal)
            .Replace("{start}", Text(now - 60_000), StringComparison.Ordinal).Replace("{end}", Text(now), StringComparison.Ordinal);
        (await Tool.RunAsync("ffmpeg", ["-nostdin", "-y", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-map", "0:v", "-c", "copy", file], Cancellation)).OutputOrThrow("ffmpeg");

        IReadOnlyList<FrameMark> marks = await FrameCounter.ReadAsync(file, "h264", Cancellation);
        StorageState storage = await StorageAsync();
        ReplayState replay = Assert.Single(storage.Replays);
        Assert.Equal(2, replay.Sent.Count);
        Assert.True(replay.Done);
        Assert.Equal(replay.Sent.SelectMany(range => Range(range)), marks.Select(mark => mark.Counter));
        Assert.DoesNotContain(marks, mark => mark.Counter > hole && mark.Counter <= hole + 30);
    }

    [Fact]
    public async Task UnpluggedCamera_GoesOnStoring()
    {
        await StoredAsync(10);
        await _simulator.Control.UnplugAsync(Name, Cancellation);
        var before = (await StorageAsync()).Stored[^1][1];
        await CounterAsync(before + 25);
        await _simulator.Control.PlugAsync(Name, Cancellation);

        Assert.True(Assert.Single((await StorageAsync()).Stored)[1] >= before + 24);
    }

    private static IEnumerable<long> Range(long[] range) => Enumerable.Range(0, (int)(range[1] - range[0]) + 1).Select(number => range[0] + number);

    private static string Text(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private async Task<StorageState> StorageAsync() => (await _simulator.Control.GetAsync(Name, Cancellation)).Storage!;

    private async Task StoredAsync(int frames) =>
        await Readiness.WaitAsync("frames are stored", async token => (await _simulator.Control.GetAsync(Name, token)).Storage!.Stored.Sum(r => r[1] - r[0] + 1) >= frames, TimeSpan.FromSeconds(30), null, Cancellation);

    private async Task CounterAsync(long counter) =>
        await Readiness.WaitAsync("the camera goes on", async token => (await _simulator.Control.GetAsync(Name, token)).Counter > counter, TimeSpan.FromSeconds(30), null, Cancellation);
}
