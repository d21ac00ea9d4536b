using System.Diagnostics;
using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;

namespace Heldar.Local.Drills;

/// <summary>
/// The disk is slow, then hangs, then fails with I/O errors, and works again. While it is slow or hangs, memory carries the footage: nothing is lost and the API
/// answers. Errors may cost footage, which must be a gap that says so, and recording must resume within 10 s.
/// </summary>
internal sealed class SlowDiskDrill : Drill
{
    private const int SlowMs = 40;
    private const int MostAnswerMs = 2000;

    /// <inheritdoc/>
    public override string Name => "slow-disk";

    /// <inheritdoc/>
    public override string Run => "one round of a disk that is slow, hangs and fails";

    /// <inheritdoc/>
    public override int Cameras => 4;

    /// <inheritdoc/>
    public override string? Obstacle => SlowDisk.Obstacle;

    /// <inheritdoc/>
    public override async Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation)
    {
        await ProveAsync(stage, cancellation);
        int runs = options.RunsOr(5, quick: 1);
        string folder = Path.Combine(stage.Folder, Name);
        Directory.CreateDirectory(folder);
        await using SlowDisk disk = await SlowDisk.CreateAsync(Path.Combine(folder, "recordings"), cancellation);
        var judge = new RecordingJudge(stage.Cameras(Cameras)) { ExcusedEdgeMs = BoxTimeline.ShortestHoleMs };
        await using DrillBox box = await DrillBox.CreateAsync(stage, new LoneBoxOptions(folder, 2), judge, cancellation);
        await box.StartAsync(cancellation);
        await box.FragmentAsync(all: true, cancellation);
        List<(long From, long To)> calm = [], broken = [];
        long answer = 0;
        for (int run = 1; run <= runs; run++)
        {
            await box.SegmentsAsync(1, cancellation);
            long begin = Now();
            disk.Slow(SlowMs);
            answer = Math.Max(answer, await StayAsync(box, TimeSpan.FromSeconds(options.Quick ? 4 : 10), cancellation));
            disk.Hang();
            answer = Math.Max(answer, await StayAsync(box, TimeSpan.FromSeconds(options.Quick ? 4 : 6), cancellation));
            disk.Mend();
            await box.SegmentsAsync(1, cancellation);
            await box.TellAsync(all: true, cancellation);
            calm.Add((begin, Now()));
            long failing = Now();
            disk.Fail();
            answer = Math.Max(answer, await StayAsync(box, TimeSpan.FromSeconds(options.Quick ? 6 : 6 + Random.Shared.Next(10)), cancellation));
            disk.Mend();
            broken.Add((failing, Now()));
            await box.SegmentsAsync(2, cancellation);
            stage.Say(string.Create(CultureInfo.InvariantCulture, $"{Name} {run} of {runs}: {SlowMs} ms more, hanging, failing; the API answered within {answer} ms"));
        }

        RecordingVerdict verdict = await box.EndAsync(cancellation);
        DrillReport report = new DrillReport { Drill = Name, Runs = runs, More = new Dictionary<string, object> { ["answer_ms"] = answer } }.With(verdict)
            .Check(answer < MostAnswerMs, $"the API answered only after {answer} ms");
        long worst = 0;
        foreach (CameraSpec camera in judge.Cameras)
        {
            List<long> frames = [.. verdict.ByCamera[camera.Name].SelectMany(segment => segment.Marks).Select(mark => mark.CameraUnixMs).Order()];
            foreach ((long from, long to) in calm)
            {
                // What waits in memory when the disk begins to fail may go with it: the last 3 s belong to the failure.
                int gaps = judge.Gaps!.Count(gap => gap.Camera == camera.Name && gap.FromUnixMs < to - 3000 && gap.ToUnixMs > from);
                report = (report with { UnexplainedGaps = report.UnexplainedGaps + gaps }).Check(gaps == 0, $"{camera.Name}: {gaps} gaps while the disk was slow but worked");
            }

            foreach ((long from, long to) in broken)
            {
                List<ClaimedGap> here = [.. judge.Gaps!.Where(gap => gap.Camera == camera.Name && gap.FromUnixMs < to && gap.ToUnixMs > from)];
                bool explained = IsExplained(here);
                report = (report with { UnexplainedGaps = report.UnexplainedGaps + (explained ? 0 : 1) })
                    .Check(explained, $"{camera.Name}: while the disk failed it has {here.Count} gaps: {string.Join(", ", here.Select(gap => gap.Cause))}");
                long first = frames.Find(time => time >= to);
                worst = Math.Max(worst, first == 0 ? long.MaxValue : first - to);
            }
        }

        return report.Resumed(worst, "the disk worked again");
    }

    /// <summary>Whether gaps tell what a disk that failed for seconds cost a camera: there is one, and none has another cause.</summary>
    internal static bool IsExplained(IReadOnlyCollection<ClaimedGap> gaps) => gaps.Count > 0 && gaps.All(gap => gap.Cause == "disk_error");

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Lets time pass and asks the box all the while; returns its slowest answer in ms.</summary>
    private static async Task<long> StayAsync(DrillBox box, TimeSpan time, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        long slowest = 0;
        while (watch.Elapsed < time)
        {
            long start = Stopwatch.GetTimestamp();
            await box.Box.GapsAsync(box.Judge.Cameras[0].Name, cancellation);
            slowest = Math.Max(slowest, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation);
        }

        return slowest;
    }
}
