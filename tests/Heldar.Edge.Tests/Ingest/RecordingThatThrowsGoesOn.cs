using Heldar.Edge.Ingest;
using Heldar.Edge.Recorder;
using Heldar.Local.Cameras;
using Heldar.Media.Ingest;
using Heldar.Media.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Ingest;

/// <summary>A mistake on the way from a stream to its recorder, such as one that comes once in a year, costs seconds and not the camera.</summary>
public sealed class RecordingThatThrowsGoesOn : IAsyncLifetime
{
    private const int FramesPerSecond = 25;
    private static readonly CameraSpec Camera = new("once", new FootageRecipe("h264", 360, FramesPerSecond, 1, 500));
    private RecordedCameras _cameras = null!;

    public async ValueTask InitializeAsync() => _cameras = await RecordedCameras.StartAsync([Camera]);

    public ValueTask DisposeAsync() => _cameras.DisposeAsync();

    [Fact]
    public async Task FramesComeAgain_AfterAMoment_AndNoneTwice()
    {
        var time = new BrokenTime();
        await using var engine = new IngestEngine(new IngestOptions(), _cameras.Box.Pool, _cameras.Clock);
        var recorders = _cameras.Box.RecordersOf(_cameras.Clock);
        var recorder = recorders.Create(new CameraIdentity(Guid.NewGuid(), Camera.Name), new RecorderOptions());
        var pipeline = new RecordingPipeline(engine, _cameras.Source(Camera), recorder, recorders.Guard(recorder), Duration.Zero, time, NullLogger<RecordingPipeline>.Instance);
        await using (pipeline)
        {
            pipeline.RecordFrom(Instant.MinValue);
            await RecordsAsync(pipeline);
            time.Throws = 1;
            await Eventually.TrueAsync(() => pipeline.Stream.SubscriberFaults == 1, "its recording throws");
            await RecordsAsync(pipeline);
            await _cameras.SendAsync(Camera, 2 * FramesPerSecond);
            Assert.Equal((1, 0), (pipeline.Stream.SubscriberFaults, pipeline.Stream.Reconnects));
        }

        var frames = await _cameras.FramesAsync(Camera);
        Assert.Equal(frames.Distinct(), frames);
        Assert.InRange(frames[^1] - frames[0] + 1 - frames.Count, 0, 4 * FramesPerSecond);
    }

    private static Task RecordsAsync(RecordingPipeline pipeline)
    {
        var before = pipeline.Recorder.Frames;
        return Eventually.TrueAsync(() => pipeline.Recorder.Frames > before + FramesPerSecond, "it records");
    }

    /// <summary>A clock that fails whoever asks it for the next keyframe's time.</summary>
    private sealed class BrokenTime : TimeProvider
    {
        private int _throws;

        public int Throws
        {
            set => Volatile.Write(ref _throws, value);
        }

        public override long GetTimestamp() => Interlocked.Exchange(ref _throws, 0) == 1 ? throw new InvalidOperationException("for once") : base.GetTimestamp();
    }
}
