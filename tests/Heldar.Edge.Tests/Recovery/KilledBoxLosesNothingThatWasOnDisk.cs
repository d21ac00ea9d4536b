using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Edge.Tests.Recovery;

/// <summary>
/// Invariant 1 on the real program: it records simulated cameras and is killed with -9 at random moments. Judged by ffmpeg, sha256sum and the cameras' log;
/// the judge itself must find what is then taken away, put in twice and damaged.
/// </summary>
public sealed class KilledBoxLosesNothingThatWasOnDisk : IAsyncLifetime
{
    private const int Kills = 3;
    private const int FramesPerSecond = 25;

    private static readonly CameraSpec[] Cameras =
    [
        new("gate", new FootageRecipe("h264", 360, FramesPerSecond, 1, 500)) { Audio = "aac" },
        new("yard", new FootageRecipe("h265", 360, FramesPerSecond, 2, 300)) { Authentication = "basic" },
        new("dock", new FootageRecipe("h264", 360, FramesPerSecond, 2, 500)) { Audio = "pcma", Authentication = "none" },
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly CameraSimulator _simulator;
    private LoneBox? _box;

    public KilledBoxLosesNothingThatWasOnDisk() => _simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), Cameras);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _simulator.StartAsync(Cancellation);
        _box = await LoneBox.CreateAsync(_folder.File("box"), _simulator, segmentSeconds: 2, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_box is not null) await _box.DisposeAsync();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task ThreeKills_ThenDamageThatTheJudgeMustFind()
    {
        var judge = new RecordingJudge(Cameras);
        await StartAsync();
        for (var kill = 0; kill < Kills; kill++)
        {
            await SendAsync(Random.Shared.Next(3 * FramesPerSecond));
            await TellAsync(judge);
            judge.Killed(await _box!.KillAsync());
            await StartAsync();
        }

        await EndAsync();
        await TellAsync(judge);
        await _box!.StopAsync();
        var states = await _simulator.Control.ListAsync(Cancellation);
        var verdict = await judge.JudgeAsync(_box.Recordings, states, Cancellation);

        Assert.True(verdict.Ok, string.Join(Environment.NewLine, verdict.Problems));
        Assert.Equal((0, 0, 0L, 0L), (verdict.UnreadableSegments, verdict.LostClosedSegments, verdict.FramesLost, verdict.Duplicates));
        Assert.InRange(verdict.MaxLostMs, 1, 2000);
        Assert.True(verdict.Segments >= Cameras.Length * (Kills + 1), $"{verdict.Segments} segments");
        TestContext.Current.SendDiagnosticMessage(verdict.ToString());

        var files = DiskSegment.Scan([_box.Recordings]).Values.OrderBy(f => f.File, StringComparer.Ordinal).ToList();
        File.Copy(files[0].File, Path.Combine(Path.GetDirectoryName(files[0].File)!, $"{Guid.NewGuid():D}.mp4"));
        var twice = await judge.JudgeAsync(_box.Recordings, states, Cancellation);
        Assert.Equal((0, 0, 0L, true), (twice.UnreadableSegments, twice.LostClosedSegments, twice.FramesLost, twice.Duplicates > 0));

        File.Delete(files[^1].File);
        // A third of the file, so that pieces of pictures and heads of fragments are hit.
        var third = files[files.Count / 2].Bytes / 3;
        using (var damaged = File.OpenHandle(files[files.Count / 2].File, FileMode.Open, FileAccess.Write)) RandomAccess.Write(damaged, new byte[third], third);
        var worse = await judge.JudgeAsync(_box.Recordings, states, Cancellation);
        Assert.Equal((1, 2), (worse.UnreadableSegments, worse.LostClosedSegments));
        Assert.False(worse.Ok);
    }

    /// <summary>Starts the box and waits until every camera's frames reach the disk again.</summary>
    private async Task StartAsync()
    {
        var before = Sizes();
        await _box!.StartAsync(Cancellation);
        await Readiness.WaitAsync(
            "every camera is recorded",
            _ => Task.FromResult(Cameras.All(c => Sizes().Any(f => f.Value > 10_000 && !before.ContainsKey(f.Key) && f.Key.Contains($"/{c.Name}/", StringComparison.Ordinal)))),
            TimeSpan.FromSeconds(60), null, Cancellation);
    }

    /// <summary>Waits until the cameras have sent some more frames.</summary>
    private async Task SendAsync(int frames)
    {
        var until = (await _simulator.Control.GetAsync(Cameras[0].Name, Cancellation)).Counter + frames;
        await Readiness.WaitAsync("the cameras go on", async token => (await _simulator.Control.GetAsync(Cameras[0].Name, token)).Counter >= until, TimeSpan.FromSeconds(60), null, Cancellation);
    }

    /// <summary>Tells the judge what the box says that it has closed.</summary>
    private async Task TellAsync(RecordingJudge judge)
    {
        foreach (var camera in Cameras)
            foreach (var segment in await _box!.SegmentsAsync(camera.Name, Cancellation))
                if (!segment.Open) judge.Closed(segment.Id, segment.Sha256!);
    }

    /// <summary>The media ends, and the box closes what it has open: everything that was sent is on disk then.</summary>
    private async Task EndAsync()
    {
        foreach (var camera in Cameras) await _simulator.Control.StallAsync(camera.Name, Cancellation);
        await Readiness.WaitAsync("the box knows every file as closed", AllClosedAsync, TimeSpan.FromSeconds(60), null, Cancellation);
    }

    private async Task<bool> AllClosedAsync(CancellationToken cancellation)
    {
        HashSet<Guid> closed = [];
        foreach (var camera in Cameras)
        {
            foreach (var segment in await _box!.SegmentsAsync(camera.Name, cancellation))
            {
                if (segment.Open) return false;
                closed.Add(segment.Id);
            }
        }

        return closed.SetEquals(DiskSegment.Scan([_box!.Recordings]).Keys);
    }

    private Dictionary<string, long> Sizes() =>
        DiskSegment.Scan([_box!.Recordings]).Values.ToDictionary(f => f.File, f => f.Bytes, StringComparer.Ordinal);
}
