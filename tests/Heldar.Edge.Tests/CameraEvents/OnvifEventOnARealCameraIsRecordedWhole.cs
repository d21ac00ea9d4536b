using Heldar.Contracts;
using Heldar.Edge.Tests.Events;
using Heldar.Local.Cameras;
using NodaTime;

namespace Heldar.Edge.Tests.CameraEvents;

/// <summary>A real stream and a camera that sees motion itself: nobody calls the API, and the clip begins before the motion and ends after its post-roll.</summary>
public sealed class OnvifEventOnARealCameraIsRecordedWhole : IAsyncLifetime
{
    private const int PreRoll = 3;
    private const int PostRoll = 2;
    private const string Motion = "tns1:RuleEngine/CellMotionDetector/Motion";
    private static readonly CameraSpec[] Cameras = [new("yard", new FootageRecipe("h264", 360, 25, 1, 500))];
    private readonly TemporaryFolder _folder = new();
    private readonly CameraSimulator _simulator;
    private readonly RealCameraBox _box;
    private FakeOnvifDevice _device = null!;

    public OnvifEventOnARealCameraIsRecordedWhole()
    {
        _simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), Cameras);
        _box = new RealCameraBox(_simulator);
    }

    [Fact]
    public async Task Clip_CoversTheMotion()
    {
        // The stream's own credentials are those of its events.
        (_device.Gate.Username, _device.Gate.Password) = _simulator.Credentials;
        await _box.StartAsync(_ => $", mode: event, preRollSeconds: {PreRoll}, postRollSeconds: {PostRoll}, events: {{ address: '{_device.Address}' }}");
        await _box.UntilAsync("cameras/yard", c => c.GetProperty("state").GetString() == "idle" && c.GetProperty("codec").ValueKind == System.Text.Json.JsonValueKind.String);
        await _box.UntilAsync("cameras/yard/camera-events", c => c.TryGetProperty("state", out var state) && state.GetString() == "subscribed");
        await SentAsync((PreRoll + 3) * 25);

        _device.Emit(FakeOnvifDevice.Message(Motion, "Changed", "VideoSourceConfigurationToken=V1,Rule=MyMotion", "IsMotion=true"));
        var began = SystemClock.Instance.GetCurrentInstant();
        // Longer than the post-roll: without holding on, the clip would end here.
        await SentAsync((PostRoll + 3) * 25);
        Assert.Equal("recording", (await _box.SendAsync(HttpMethod.Get, "cameras/yard")).GetProperty("state").GetString());
        var ended = SystemClock.Instance.GetCurrentInstant();
        _device.Emit(FakeOnvifDevice.Message(Motion, "Changed", "VideoSourceConfigurationToken=V1,Rule=MyMotion", "IsMotion=false"));
        await _box.UntilAsync("cameras/yard", c => c.GetProperty("state").GetString() == "idle" && c.GetProperty("wanted").GetArrayLength() == 0);
        await SentAsync(3 * 25);

        var segments = await _box.UntilAsync("cameras/yard/segments", s => s.GetArrayLength() > 0 && s.EnumerateArray().All(one => !one.GetProperty("open").GetBoolean()));
        var times = segments.EnumerateArray().Select(s => (Start: InstantText.Parse(s.GetProperty("start_time").GetString()!), End: InstantText.Parse(s.GetProperty("end_time").GetString()!))).ToList();
        Assert.True(times[0].Start <= began - Duration.FromSeconds(PreRoll - 0.2), $"the clip begins {(times[0].Start - began).TotalSeconds} s after the motion");
        Assert.InRange(times[^1].End, ended + Duration.FromSeconds(PostRoll - 0.2), ended + Duration.FromSeconds(PostRoll + 5));
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));
        Assert.Equal(0, (await _box.SendAsync(HttpMethod.Get, "cameras/yard/gaps")).GetArrayLength());
    }

    public async ValueTask InitializeAsync()
    {
        _device = await FakeOnvifDevice.StartAsync(SystemClock.Instance);
        await _simulator.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        await _device.DisposeAsync();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Waits until the camera has sent some more frames.</summary>
    private async Task SentAsync(int frames)
    {
        var until = (await _simulator.Control.GetAsync("yard", TestContext.Current.CancellationToken)).Counter + frames;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken))
            if ((await _simulator.Control.GetAsync("yard", TestContext.Current.CancellationToken)).Counter >= until) return;
    }
}
