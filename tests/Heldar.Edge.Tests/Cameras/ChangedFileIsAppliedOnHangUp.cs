using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Edge.Tests.Cameras;

/// <summary>The real program reads its file again on SIGHUP: a camera that was added is recorded, and of the one beside it no frame is lost or doubled. A file with a mistake changes nothing.</summary>
public sealed class ChangedFileIsAppliedOnHangUp : IAsyncLifetime
{
    private static readonly CameraSpec[] Cameras =
    [
        new("gate", new FootageRecipe("h264", 360, 25, 1, 500)),
        new("yard", new FootageRecipe("h265", 360, 25, 1, 300)),
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly CameraSimulator _simulator;
    private LoneBox? _box;

    public ChangedFileIsAppliedOnHangUp() => _simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), Cameras);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _simulator.StartAsync(Cancellation);
        _box = await LoneBox.CreateAsync(_folder.File("box"), _simulator, segmentSeconds: 30, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_box is not null) await _box.DisposeAsync();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task AddedCamera_IsRecorded_AndNothingElseNotices()
    {
        var whole = await File.ReadAllTextAsync(_box!.Settings, Cancellation);
        var one = whole[..whole.IndexOf("  - id: yard", StringComparison.Ordinal)];
        await File.WriteAllTextAsync(_box.Settings, one, Cancellation);
        await _box.StartAsync(Cancellation);
        await RecordedAsync(Cameras[0]);
        await File.WriteAllTextAsync(_box.Settings, "nonsense: 1\n" + whole, Cancellation);
        _box.Reload();
        await Readiness.WaitAsync("the mistake is told", async token => (await File.ReadAllTextAsync(_box.LogFile, token)).Contains("the settings were not applied", StringComparison.Ordinal), TimeSpan.FromSeconds(30), null, Cancellation);
        await File.WriteAllTextAsync(_box.Settings, whole.Replace("segmentSeconds: 30", "segmentSeconds: 2", StringComparison.Ordinal), Cancellation);
        _box.Reload();
        await RecordedAsync(Cameras[1]);
        await Readiness.WaitAsync("segments are cut anew", _ => Task.FromResult(Files(Cameras[0]).Count > 2), TimeSpan.FromSeconds(60), null, Cancellation);
        await _box.StopAsync();

        foreach (var camera in Cameras)
        {
            var frames = (await new RecordedFrames().OfAsync(camera, Files(camera), Cancellation)).Select(m => m.Counter).Order().ToList();
            Assert.Equal(Enumerable.Range(0, frames.Count).Select(i => frames[0] + i), frames);
        }
    }

    private List<DiskSegment> Files(CameraSpec camera) => [.. DiskSegment.Scan([_box!.Recordings]).Values.Where(f => f.File.Contains($"/{camera.Name}/", StringComparison.Ordinal))];

    private Task RecordedAsync(CameraSpec camera) =>
        Readiness.WaitAsync($"{camera.Name} is recorded", _ => Task.FromResult(Files(camera).Any(f => f.Bytes > 10_000)), TimeSpan.FromSeconds(60), null, Cancellation);
}
