using System.Diagnostics;
using System.Runtime.CompilerServices;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>Runs drills one after the other on one stage: a report for each.</summary>
internal sealed class DrillRun(DrillOptions options, Action<string> say)
{
    /// <summary>All drills, in the order in which <c>all</c> runs them.</summary>
    public static IReadOnlyList<Drill> All { get; } = [new KillDrill(), new PowerDrill(), new FlapDrill(), new DbLossDrill(), new ClockDrill(), new DiskFullDrill(), new SlowDiskDrill(), new SoakDrill()];

    /// <summary>Runs the drills.</summary>
    public async IAsyncEnumerable<DrillReport> RunAsync(IReadOnlyList<Drill> drills, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using DrillStage stage = await DrillStage.CreateAsync(drills.Max(drill => drill.Cameras), options.Keep, say, cancellation);
        foreach (Drill drill in drills)
        {
            long start = Stopwatch.GetTimestamp();
            say($"drill {drill.Name}");
            DrillReport report = await OneAsync(drill, stage, cancellation);
            yield return report with { Cameras = drill.Cameras, Proved = [.. stage.Proved, .. report.Proved], Seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 1) };
        }
    }

    private async Task<DrillReport> OneAsync(Drill drill, DrillStage stage, CancellationToken cancellation)
    {
        if (drill.Obstacle is { } obstacle) return new DrillReport { Drill = drill.Name, Skipped = obstacle };
        try
        {
            return await drill.RunAsync(stage, options, cancellation);
        }
        catch (Exception problem) when (problem is ProcessException or HttpRequestException or IOException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return new DrillReport { Drill = drill.Name, Problems = [problem.Message] };
        }
    }
}
