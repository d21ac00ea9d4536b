using Heldar.Edge.Ingest;
using Heldar.Edge.Recorder;
using Heldar.Edge.Tests.Recorder;
using Heldar.Local.Cameras;
using Heldar.Local.Judge;
using Heldar.Local.Processes;
using Heldar.Media.Ingest;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Ingest;

/// <summary>Simulated cameras, recorded by the box's own pipelines; what is on disk is read by ffmpeg and compared with what the cameras say they sent.</summary>
internal sealed class RecordedCameras : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingFixture _box = new();
    private readonly IngestEngine _engine;
    private readonly RecordingPipelines _pipelines;
    private readonly List<IRecordingPipeline> _started = [];

    private RecordedCameras(IReadOnlyList<CameraSpec> cameras, IngestOptions? options)
    {
        Simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), cameras);
        _engine = new IngestEngine(options ?? new IngestOptions { BackoffMin = Duration.FromMilliseconds(300) }, _box.Pool, Clock);
        _pipelines = new RecordingPipelines(_engine, _box.RecordersOf(Clock), TimeProvider.System, NullLogger<RecordingPipeline>.Instance);
    }

    public CameraSimulator Simulator { get; }

    /// <summary>The box's wall clock.</summary>
    public SteppedClock Clock { get; } = new();

    public RecordingFixture Box => _box;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<RecordedCameras> StartAsync(IReadOnlyList<CameraSpec> cameras, IngestOptions? options = null)
    {
        var all = new RecordedCameras(cameras, options);
        await all.Simulator.StartAsync(Cancellation);
        return all;
    }

    public StreamSource Source(CameraSpec camera, bool audio = false) =>
        new(Simulator.Url(camera), Simulator.Credentials.Username, Simulator.Credentials.Password, audio, ClockSource.Box);

    public IRecordingPipeline Start(CameraSpec camera, RecordingPlan? plan = null, bool audio = false)
    {
        var pipeline = _pipelines.Start(new CameraIdentity(Guid.NewGuid(), camera.Name), Source(camera, audio), plan ?? new RecordingPlan(4));
        _started.Add(pipeline);
        return pipeline;
    }

    /// <summary>Waits until the camera has sent some more frames.</summary>
    public async Task SendAsync(CameraSpec camera, int frames)
    {
        var until = (await Simulator.Control.GetAsync(camera.Name, Cancellation)).Counter + frames;
        await Readiness.WaitAsync("the camera goes on", async token => (await Simulator.Control.GetAsync(camera.Name, token)).Counter >= until, TimeSpan.FromSeconds(60), null, Cancellation);
    }

    /// <summary>Counters of the frames on disk, in order and with those that are there twice.</summary>
    public async Task<IReadOnlyList<long>> FramesAsync(CameraSpec camera)
    {
        var marks = await new RecordedFrames().OfAsync(camera, DiskSegment.Scan([_box.Root]).Values, Cancellation);
        return [.. marks.Select(m => m.Counter).Order()];
    }

    /// <summary>Closes every pipeline: all that arrived is on disk then.</summary>
    public async Task StopAsync()
    {
        foreach (var pipeline in _started) await pipeline.DisposeAsync();
        _started.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _engine.DisposeAsync();
        await Simulator.DisposeAsync();
        await _box.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>The machine's clock, which somebody sets wrong.</summary>
internal sealed class SteppedClock : IClock
{
    private long _ahead;

    /// <summary>How far it is ahead of the true time.</summary>
    public Duration Ahead
    {
        set => Interlocked.Exchange(ref _ahead, value.BclCompatibleTicks);
    }

    public Instant GetCurrentInstant() => SystemClock.Instance.GetCurrentInstant() + Duration.FromTicks(Interlocked.Read(ref _ahead));
}
