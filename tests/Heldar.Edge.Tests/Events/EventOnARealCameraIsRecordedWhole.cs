using Heldar.Contracts;
using Heldar.Local.Cameras;
using NodaTime;

namespace Heldar.Edge.Tests.Events;

/// <summary>A camera that waits for events: its clip begins before the event and ends after its post-roll, and the time around it is idle, not missing.</summary>
public sealed class EventOnARealCameraIsRecordedWhole : IAsyncLifetime
{
    private const int PreRoll = 3;
    private const int PostRoll = 3;
    private static readonly CameraSpec[] Cameras = [new("yard", new FootageRecipe("h264", 360, 25, 1, 500))];
    private readonly TemporaryFolder _folder = new();
    private readonly CameraSimulator _simulator;
    private readonly RealCameraBox _box;

    public EventOnARealCameraIsRecordedWhole()
    {
        _simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), Cameras);
        _box = new RealCameraBox(_simulator);
    }

    [Fact]
    public async Task Clip_CoversTheEvent_AndIdleTimeHasNoGap()
    {
        await _box.StartAsync(_ => $", mode: event, preRollSeconds: {PreRoll}, postRollSeconds: {PostRoll}");
        var idle = await _box.UntilAsync("cameras/yard", c => c.GetProperty("state").GetString() == "idle" && c.GetProperty("codec").ValueKind == System.Text.Json.JsonValueKind.String);
        Assert.Equal(0, idle.GetProperty("wanted").GetArrayLength());
        await SentAsync((PreRoll + 2) * 25);

        var answer = await _box.SendAsync(HttpMethod.Post, "cameras/yard/record-trigger");
        var trigger = InstantText.Parse(answer.GetProperty("from").GetString()!);
        await _box.UntilAsync("cameras/yard", c => c.GetProperty("state").GetString() == "recording");
        await _box.UntilAsync("cameras/yard", c => c.GetProperty("state").GetString() == "idle" && c.GetProperty("wanted").GetArrayLength() == 0);
        await SentAsync(3 * 25);

        var segments = await _box.UntilAsync("cameras/yard/segments", s => s.GetArrayLength() > 0 && s.EnumerateArray().All(one => !one.GetProperty("open").GetBoolean()));
        var times = segments.EnumerateArray().Select(s => (Start: InstantText.Parse(s.GetProperty("start_time").GetString()!), End: InstantText.Parse(s.GetProperty("end_time").GetString()!))).ToList();
        Assert.True(times[0].Start <= trigger - Duration.FromSeconds(PreRoll), $"the clip begins {(times[0].Start - trigger).TotalSeconds} s after the event");
        Assert.InRange(times[^1].End, trigger + Duration.FromSeconds(PostRoll), trigger + Duration.FromSeconds(PostRoll + 2.5));
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));

        Assert.Equal(0, (await _box.SendAsync(HttpMethod.Get, "cameras/yard/gaps")).GetArrayLength());
        var coverage = await _box.UntilAsync("cameras/yard/coverage", c => c.GetProperty("wanted_seconds").GetDouble() > 0);
        Assert.Equal(
            (PostRoll, PostRoll, 0, 0, "idle"),
            (coverage.GetProperty("wanted_seconds").GetDouble(), coverage.GetProperty("present_seconds").GetDouble(), coverage.GetProperty("missing_seconds").GetDouble(), coverage.GetProperty("unexplained_seconds").GetDouble(), coverage.GetProperty("state").GetString()));
        Assert.True(coverage.GetProperty("idle_seconds").GetDouble() > 80_000);
    }

    public async ValueTask InitializeAsync() => await _simulator.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
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
