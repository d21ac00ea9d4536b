using System.Text.Json;
using Heldar.Edge.Tests.Events;
using Heldar.Local.Cameras;
using Heldar.Local.Processes;

namespace Heldar.Edge.Tests.Gaps;

/// <summary>What real cameras and a stopped box do to a recording is a gap with its cause, and nothing stays unexplained.</summary>
public sealed class RealFaultsAreExplained : IAsyncLifetime
{
    private static readonly FootageRecipe Small = new("h264", 360, 25, 1, 500);
    private static readonly CameraSpec[] Cameras = [new("gone", Small), new("still", Small), new("locked", Small), new("lossy", Small), new("torn", Small)];
    private readonly TemporaryFolder _folder = new();
    private readonly CameraSimulator _simulator;
    private readonly RealCameraBox _box;
    private readonly Line _line;

    public RealFaultsAreExplained()
    {
        _simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), Cameras);
        _line = new Line(_simulator.Url(Cameras[^1]));
        _box = new RealCameraBox(_simulator) { UrlOf = c => c.Name == "torn" ? _line.Url : _simulator.Url(c) };
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachFault_HasItsCause()
    {
        await _box.StartAsync(_ => "");
        await RecordsAsync("gone");
        await RecordsAsync("still");
        await GapAsync("locked", "auth_failed", open: true);

        await _simulator.Control.KillAsync("gone", Cancellation);
        await _simulator.Control.StallAsync("still", Cancellation);
        await GapAsync("gone", "camera_unreachable", open: true);
        await GapAsync("still", "stalled", open: true);
        await _simulator.Control.ReviveAsync("gone", Cancellation);
        await _simulator.Control.ResumeAsync("still", Cancellation);
        await GapAsync("gone", "camera_unreachable", open: false);
        await GapAsync("still", "stalled", open: false);

        await _box.StopAsync();
        await _box.StartAsync(_ => "");
        await GapAsync("gone", "process_down", open: false);
        foreach (var camera in new[] { "gone", "still", "locked" })
        {
            var coverage = await _box.SendAsync(HttpMethod.Get, $"cameras/{camera}/coverage");
            Assert.True(coverage.GetProperty("unexplained_seconds").GetDouble() <= 1, coverage.ToString());
            Assert.True(coverage.GetProperty("missing_seconds").GetDouble() > 1, coverage.ToString());
        }
    }

    /// <summary>Packets that are lost while the connection lives, and a connection that breaks, are the network's doing; the camera is well.</summary>
    [Fact]
    public async Task LostPackets_AndABrokenLine_AreTheNetwork()
    {
        await _box.StartAsync(_ => "");
        await RecordsAsync("lossy");
        await RecordsAsync("torn");

        _line.Cut();
        await _simulator.Control.LoseAsync("lossy", on: true, Cancellation);
        // Shorter than the patience with a camera that sends nothing.
        var until = (await _simulator.Control.GetAsync("lossy", Cancellation)).Counter + (3 * 25);
        await Readiness.WaitAsync("3 s are lost", async token => (await _simulator.Control.GetAsync("lossy", token)).Counter >= until, TimeSpan.FromSeconds(30), null, Cancellation);
        await _simulator.Control.LoseAsync("lossy", on: false, Cancellation);

        // 3 s were lost; a torn line may be back sooner.
        foreach (var (camera, least) in new[] { ("lossy", 1), ("torn", 0.1) })
        {
            var gap = Assert.Single((await GapAsync(camera, "network", open: false)).EnumerateArray());
            Assert.InRange(gap.GetProperty("gap_seconds").GetDouble(), least, 30);
        }

        Assert.True((await _box.SendAsync(HttpMethod.Get, "cameras/lossy/health")).GetProperty("packets_lost").GetInt64() > 75);
        Assert.Equal((0, 1), (await ReconnectsAsync("lossy"), await ReconnectsAsync("torn")));
    }

    public async ValueTask InitializeAsync() => await _simulator.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        await _line.DisposeAsync();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    private Task<JsonElement> RecordsAsync(string camera) => _box.UntilAsync($"cameras/{camera}", c => c.GetProperty("state").GetString() == "recording");

    private async Task<int> ReconnectsAsync(string camera) => (await _box.SendAsync(HttpMethod.Get, $"cameras/{camera}/health")).GetProperty("reconnect_count").GetInt32();

    private Task<JsonElement> GapAsync(string camera, string cause, bool open) => _box.UntilAsync(
        $"cameras/{camera}/gaps", gaps => gaps.EnumerateArray().Any(g => g.GetProperty("cause").GetString() == cause && g.GetProperty("open").GetBoolean() == open), seconds: 90);
}
