using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>
/// Runs drills: a report for each. The long form runs one after the other on one stage; several short forms share the time on two stages, each with cameras of its
/// own, since drills mostly wait.
/// </summary>
internal sealed class DrillRun(DrillOptions options, Action<string> say)
{
    private const int QuickLanes = 2;

    /// <summary>All drills. In the short form every second one runs on the second stage.</summary>
    public static IReadOnlyList<Drill> All { get; } =
        [new KillDrill(), new DbLossDrill(), new PowerDrill(), new ClockDrill(), new FlapDrill(), new DiskFullDrill(), new SoakDrill(), new SlowDiskDrill(), new PipelineDrill(), new KeysDrill()];

    /// <summary>Runs the drills; a report comes as soon as its drill is done.</summary>
    public async IAsyncEnumerable<DrillReport> RunAsync(IReadOnlyList<Drill> drills, [EnumeratorCancellation] CancellationToken cancellation)
    {
        int lanes = options.Quick ? Math.Min(QuickLanes, drills.Count) : 1;
        var done = Channel.CreateBounded<DrillReport>(All.Count);
        Task work = Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => LaneAsync([.. drills.Where((_, index) => index % lanes == lane)], done.Writer, cancellation)));
        Task closing = work.ContinueWith(ended => done.Writer.Complete(ended.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await foreach (DrillReport report in done.Reader.ReadAllAsync(CancellationToken.None)) yield return report;
        await closing;
        await work;
    }

    private async Task LaneAsync(IReadOnlyList<Drill> drills, ChannelWriter<DrillReport> done, CancellationToken cancellation)
    {
        await using DrillStage stage = await DrillStage.CreateAsync(drills.Max(drill => drill.Cameras), options.Keep, say, cancellation);
        foreach (Drill drill in drills)
        {
            long start = Stopwatch.GetTimestamp();
            say($"drill {drill.Name}");
            DrillReport report = await OneAsync(drill, stage, cancellation);
            stage.Keep |= report.Problems.Count > 0;
            await done.WriteAsync(
                report with { Run = drill.Run, Cameras = drill.Cameras, Proved = report.Skipped is null ? [.. stage.Proved, .. report.Proved] : [], Seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 1) },
                cancellation);
        }
    }

    private async Task<DrillReport> OneAsync(Drill drill, DrillStage stage, CancellationToken cancellation)
    {
        if (drill.Obstacle is { } obstacle) return new DrillReport { Drill = drill.Name, Skipped = obstacle };
        try
        {
            return await drill.RunAsync(stage, options, cancellation);
        }
        catch (Exception problem) when (problem is ProcessException or HttpRequestException or IOException || (problem is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            return new DrillReport { Drill = drill.Name, Problems = [problem.Message] };
        }
    }
}
