using Heldar.Edge.Ingest;
using Heldar.Local.Cameras;
using Heldar.Media.Ingest;
using Heldar.Media.Tests;
using NodaTime;

namespace Heldar.Edge.Tests.Ingest;

/// <summary>
/// A change that needs another session, on real RTSP: frame numbers in the files prove that none is lost or doubled where the camera plays two sessions, that at most
/// one picture group is lost where it plays one, and that a camera beside it notices nothing.
/// </summary>
public sealed class SessionChangeLosesNoFrame : IAsyncLifetime
{
    private const int FramesPerSecond = 25;
    private const int GroupSeconds = 2;
    private static readonly CameraSpec Free = new("free", new FootageRecipe("h264", 360, FramesPerSecond, GroupSeconds, 500)) { Audio = "aac" };
    private static readonly CameraSpec Hevc = new("hevc", new FootageRecipe("h265", 360, FramesPerSecond, 1, 300));
    private static readonly CameraSpec Single = new("single", new FootageRecipe("h264", 360, FramesPerSecond, GroupSeconds, 500)) { Audio = "aac", MaxSessions = 1 };
    private static readonly CameraSpec Other = new("other", new FootageRecipe("h264", 360, FramesPerSecond, 1, 500));
    private RecordedCameras _cameras = null!;

    public async ValueTask InitializeAsync() => _cameras = await RecordedCameras.StartAsync([Free, Hevc, Single, Other]);

    public ValueTask DisposeAsync() => _cameras.DisposeAsync();

    [Fact]
    public async Task FramesGoOn_OneByOne()
    {
        var free = Record(Free);
        var hevc = Record(Hevc);
        var other = Record(Other);
        await StreamsAsync(free, hevc, other);
        await _cameras.SendAsync(Free, 2 * FramesPerSecond);
        for (var change = 0; change < 3; change++)
        {
            free.Connect(_cameras.Source(Free, audio: change == 1));
            if (change == 0) hevc.Connect(_cameras.Source(Hevc));
            await SessionAsync(free, audio: change == 1);
            await _cameras.SendAsync(Free, FramesPerSecond);
        }

        await _cameras.SendAsync(Free, FramesPerSecond);
        Assert.Equal(0, other.Stream.Reconnects);
        await _cameras.StopAsync();

        foreach (var camera in (CameraSpec[])[Free, Hevc, Other])
        {
            var frames = await _cameras.FramesAsync(camera);
            Assert.True(frames.Count > 6 * FramesPerSecond, $"{camera.Name}: {frames.Count} frames");
            Assert.Equal(Enumerable.Range(0, frames.Count).Select(i => frames[0] + i), frames);
        }
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public async Task ClockThatStepsDuringAChange_CostsNoFrame(int seconds)
    {
        var free = Record(Free);
        await StreamsAsync(free);
        await _cameras.SendAsync(Free, 2 * GroupSeconds * FramesPerSecond);
        free.Connect(_cameras.Source(Free, audio: false));
        _cameras.Clock.Ahead = Duration.FromSeconds(seconds);
        await SessionAsync(free, audio: false);
        await _cameras.SendAsync(Free, 2 * GroupSeconds * FramesPerSecond);
        _cameras.Clock.Ahead = Duration.Zero;
        await _cameras.SendAsync(Free, 2 * GroupSeconds * FramesPerSecond);
        await _cameras.StopAsync();

        var frames = await _cameras.FramesAsync(Free);
        Assert.True(frames.Count > 6 * GroupSeconds * FramesPerSecond, $"{frames.Count} frames");
        Assert.Equal(Enumerable.Range(0, frames.Count).Select(i => frames[0] + i), frames);
    }

    [Fact]
    public async Task CameraWithOneSession_LosesAtMostOneGroup()
    {
        var single = Record(Single);
        var other = Record(Other);
        await StreamsAsync(single, other);
        await _cameras.SendAsync(Single, 2 * GroupSeconds * FramesPerSecond);
        single.Connect(_cameras.Source(Single));
        await SessionAsync(single, audio: false);
        await _cameras.SendAsync(Single, 2 * FramesPerSecond);
        await _cameras.StopAsync();

        var frames = await _cameras.FramesAsync(Single);
        Assert.Equal(frames.Distinct(), frames);
        var lost = frames[^1] - frames[0] + 1 - frames.Count;
        TestContext.Current.SendDiagnosticMessage($"{lost} frames lost by a camera with one session");
        Assert.InRange(lost, 1, GroupSeconds * FramesPerSecond);
        var beside = await _cameras.FramesAsync(Other);
        Assert.Equal(Enumerable.Range(0, beside.Count).Select(i => beside[0] + i), beside);
    }

    private IRecordingPipeline Record(CameraSpec camera)
    {
        // The simulator's shared media describes itself to a second client only when the first one took all of its tracks.
        var pipeline = _cameras.Start(camera, audio: true);
        pipeline.RecordFrom(Instant.MinValue);
        return pipeline;
    }

    private static Task StreamsAsync(params IRecordingPipeline[] pipelines) =>
        Eventually.TrueAsync(() => pipelines.All(p => p.Stream.State == StreamState.Streaming && p.Recorder.OpenSegment is not null), "all are recorded");

    private static Task SessionAsync(IRecordingPipeline pipeline, bool audio) =>
        Eventually.TrueAsync(() => pipeline.Stream is { State: StreamState.Streaming, Format: { } format } && format.Audio is not null == audio, "the new session streams");
}
