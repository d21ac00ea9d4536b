using System.Diagnostics;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>The box of a drill and its judge: starts it, waits for footage on disk, tells the judge what the box says, and has the recordings judged at the end.</summary>
internal sealed class DrillBox : IAsyncDisposable
{
    /// <summary>A file of this length holds a fragment: headers are shorter.</summary>
    private const int FragmentBytes = 4096;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly DrillStage _stage;
    private HashSet<string> _before = [];

    private DrillBox(DrillStage stage, LoneBox box, RecordingJudge judge) => (_stage, Box, Judge) = (stage, box, judge);

    /// <summary>The program.</summary>
    public LoneBox Box { get; }

    /// <summary>Judges what it leaves on disk.</summary>
    public RecordingJudge Judge { get; }

    /// <summary>Makes a box; it does not run yet.</summary>
    public static async Task<DrillBox> CreateAsync(DrillStage stage, LoneBoxOptions options, RecordingJudge judge, CancellationToken cancellation) =>
        new(stage, await LoneBox.CreateAsync(options with { Cameras = judge.Cameras }, stage.Simulator, cancellation), judge);

    /// <summary>Starts the program.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _before = [.. Files()];
        await Box.StartAsync(cancellation);
    }

    /// <summary>Waits until a fragment of one camera, or of each, is in a file that was not there at the start.</summary>
    public async Task FragmentAsync(bool all, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            List<string> begun = [.. Files().Where(file => !_before.Contains(file) && new FileInfo(file) is { Exists: true, Length: >= FragmentBytes })];
            if (all ? Judge.Cameras.All(camera => begun.Any(file => IsOf(camera, file))) : begun.Count > 0) return;
            if (Box.Pid is null || watch.Elapsed > Limit) throw new ProcessException($"no footage reached the disk within {watch.Elapsed.TotalSeconds:0} s; {LogTail.Describe(Box.LogFile)}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);
        }
    }

    /// <summary>Waits until each camera has this many closed segments more than now.</summary>
    public async Task SegmentsAsync(int more, CancellationToken cancellation)
    {
        // The newest file of a camera is the open one: a closed one more is a file more.
        Dictionary<string, int> wanted = Judge.Cameras.ToDictionary(camera => camera.Name, camera => Files().Count(file => IsOf(camera, file)) + more);
        await Readiness.WaitAsync(
            $"each camera has {more} closed segments more",
            _ => Task.FromResult(Judge.Cameras.All(camera => Files().Count(file => IsOf(camera, file)) >= wanted[camera.Name])),
            TimeSpan.FromMinutes(3), null, cancellation);
    }

    /// <summary>Tells the judge what the box says that it has closed and holds: of all time, or of the last minutes.</summary>
    public async Task TellAsync(bool all, CancellationToken cancellation)
    {
        foreach (CameraSpec camera in Judge.Cameras)
        {
            foreach ((DateTimeOffset from, DateTimeOffset to) in Ranges(camera, all))
            {
                foreach (BoxSegment segment in await Box.SegmentsAsync(camera.Name, cancellation, from, to))
                {
                    if (segment.Open) continue;
                    Judge.Closed(segment.Id, segment.Sha256 ?? "none");
                    if (segment.EvidenceLocked) Judge.Held(segment.Id);
                }
            }
        }
    }

    /// <summary>What the box says is missing.</summary>
    public async Task<IReadOnlyList<ClaimedGap>> GapsAsync(CancellationToken cancellation)
    {
        Dictionary<Guid, ClaimedGap> found = [];
        foreach (CameraSpec camera in Judge.Cameras)
            foreach ((DateTimeOffset from, DateTimeOffset to) in Ranges(camera, all: true))
                foreach (BoxGap gap in await Box.GapsAsync(camera.Name, cancellation, from, to))
                    found[gap.Id] = new ClaimedGap(camera.Name, gap.From.ToUnixTimeMilliseconds(), gap.To?.ToUnixTimeMilliseconds() ?? long.MaxValue, gap.Cause);
        return [.. found.Values];
    }

    /// <summary>
    /// Stops the box in order while its cameras pause, so that nothing is on its way when it ends: every frame that they sent before and after must be on disk.
    /// They go on when it does not run any more, and send to it again when it connects.
    /// </summary>
    /// <exception cref="ProcessException">The box did not stop in time.</exception>
    public Task StopAsync(CancellationToken cancellation) => StopAsync(() => Task.CompletedTask, cancellation);

    /// <summary>The cameras pause, the box tells all, stops in order, and what it leaves is judged.</summary>
    public async Task<RecordingVerdict> EndAsync(CancellationToken cancellation)
    {
        await StopAsync(
            async () =>
            {
                await TellAsync(all: true, cancellation);
                Judge.Gaps = await GapsAsync(cancellation);
            },
            cancellation);
        return await JudgeAsync(cancellation);
    }

    /// <summary>Judges what is on disk; the box must not run.</summary>
    public async Task<RecordingVerdict> JudgeAsync(CancellationToken cancellation)
    {
        _stage.Say("judging the recordings");
        return await Judge.JudgeAsync(Box.Recordings, await _stage.Simulator.Control.ListAsync(cancellation), cancellation);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Box.DisposeAsync();

    private async Task StopAsync(Func<Task> before, CancellationToken cancellation)
    {
        foreach (CameraSpec camera in Judge.Cameras) await _stage.Simulator.Control.StallAsync(camera.Name, cancellation);
        try
        {
            // What was sent is on its way through sockets of this machine.
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation);
            await before();
            if (!await Box.StopAsync()) throw new ProcessException($"the box did not stop within 15 s; {LogTail.Describe(Box.LogFile)}");
        }
        finally
        {
            foreach (CameraSpec camera in Judge.Cameras) await _stage.Simulator.Control.ResumeAsync(camera.Name, CancellationToken.None);
        }
    }

    private static bool IsOf(CameraSpec camera, string file) => file.Contains($"/{camera.Name}/", StringComparison.Ordinal);

    /// <summary>Ranges of the box's time in which the camera has footage, by the names of its files: a clock that jumps makes several.</summary>
    private IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Ranges(CameraSpec camera, bool all)
    {
        List<DateTimeOffset> starts = [.. DiskSegment.Scan([Path.Combine(Box.Recordings, camera.Name)]).Values.Select(file => file.Start).OfType<DateTimeOffset>().Order()];
        if (starts.Count == 0) yield break;
        if (!all) starts.RemoveRange(0, Math.Max(0, starts.Count - 10));
        int first = 0;
        for (int at = 1; at <= starts.Count; at++)
        {
            if (at < starts.Count && starts[at] - starts[at - 1] < TimeSpan.FromDays(20)) continue;
            yield return (starts[first].AddHours(-2), starts[at - 1].AddHours(2));
            first = at;
        }
    }

    private IEnumerable<string> Files() => Directory.Exists(Box.Recordings) ? Directory.EnumerateFiles(Box.Recordings, "*.mp4", SearchOption.AllDirectories) : [];
}
