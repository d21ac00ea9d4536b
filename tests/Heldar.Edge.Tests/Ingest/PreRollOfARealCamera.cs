using Heldar.Edge.Ingest;
using Heldar.Edge.Recorder;
using Heldar.Local.Cameras;
using Heldar.Media.Ingest;
using Heldar.Media.Tests;
using NodaTime;

namespace Heldar.Edge.Tests.Ingest;

/// <summary>A trigger on real RTSP: the footage begins with the keyframe at or before trigger minus pre-roll, and the camera's own frame numbers prove the join.</summary>
public sealed class PreRollOfARealCamera : IAsyncLifetime
{
    private const int FramesPerSecond = 25;
    private const int GroupSeconds = 2;
    private static readonly Duration PreRoll = Duration.FromSeconds(5);
    private static readonly CameraSpec Gate = new("gate", new FootageRecipe("h264", 360, FramesPerSecond, GroupSeconds, 500)) { Audio = "aac" };
    private static readonly CameraSpec Plain = new("plain", new FootageRecipe("h265", 360, FramesPerSecond, 1, 300));
    private RecordedCameras _cameras = null!;

    public async ValueTask InitializeAsync() => _cameras = await RecordedCameras.StartAsync([Gate, Plain]);

    public ValueTask DisposeAsync() => _cameras.DisposeAsync();

    [Fact]
    public async Task NoFrameIsLostOrDoubled_AcrossTheJoin()
    {
        var gate = _cameras.Start(Gate, new RecordingPlan(2) { PreRoll = PreRoll }, audio: true);
        var plain = _cameras.Start(Plain);
        await Eventually.TrueAsync(() => gate.PreRoll?.Reach >= PreRoll && plain.Stream.State == StreamState.Streaming, "the ring is full", 30);
        Assert.Equal((RecorderProgress.Empty, false), (gate.Recorder, gate.IsRecording));
        Assert.Null(plain.PreRoll);

        var trigger = SystemClock.Instance.GetCurrentInstant();
        gate.RecordFrom(trigger - PreRoll);
        plain.RecordFrom(trigger);
        var (atGate, atPlain) = ((await StateAsync(Gate)).Counter, (await StateAsync(Plain)).Counter);
        await _cameras.SendAsync(Gate, 3 * FramesPerSecond);
        gate.RecordUntil(SystemClock.Instance.GetCurrentInstant());
        plain.RecordUntil(SystemClock.Instance.GetCurrentInstant());
        await Eventually.TrueAsync(() => gate.Recorder.OpenSegment is null && plain.Recorder.OpenSegment is null, "recording ended", 30);
        Assert.False(gate.IsRecording);
        var first = await _cameras.FramesAsync(Gate);
        // The next trigger reaches back into what was recorded: nothing comes twice.
        gate.RecordFrom(SystemClock.Instance.GetCurrentInstant() - PreRoll);
        await _cameras.SendAsync(Gate, 2 * FramesPerSecond);
        await _cameras.StopAsync();

        Assert.Equal(Enumerable.Range(0, first.Count).Select(i => first[0] + i), first);
        // Frames that are on their way make the trigger's own number a little uncertain.
        Assert.InRange(atGate - first[0], (5 * FramesPerSecond) - 2, ((5 + GroupSeconds) * FramesPerSecond) + 15);
        Assert.True(first[^1] >= atGate + (3 * FramesPerSecond) - 15, $"{first[^1]} after {atGate}");
        var all = await _cameras.FramesAsync(Gate);
        Assert.Equal(Enumerable.Range(0, all.Count).Select(i => all[0] + i), all);
        Assert.Equal(first, all.Take(first.Count));
        var beside = await _cameras.FramesAsync(Plain);
        Assert.Equal(Enumerable.Range(0, beside.Count).Select(i => beside[0] + i), beside);
        Assert.InRange(atPlain - beside[0], -15, FramesPerSecond + 15);
        TestContext.Current.SendDiagnosticMessage($"trigger at frame {atGate}: {first[0]} to {first[^1]}; without pre-roll at {atPlain}: {beside[0]} to {beside[^1]}");
    }

    private Task<CameraState> StateAsync(CameraSpec camera) => _cameras.Simulator.Control.GetAsync(camera.Name, TestContext.Current.CancellationToken);
}
