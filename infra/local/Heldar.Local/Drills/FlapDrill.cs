using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;

namespace Heldar.Local.Drills;

/// <summary>
/// Every camera is unplugged and plugged in again: by turns it drops its clients and refuses them, or falls silent while its connections stay. Each time the box
/// must record again within 10 s of its return, and each absence must be one gap, no more and no less.
/// </summary>
internal sealed class FlapDrill : Drill
{
    /// <inheritdoc/>
    public override string Name => "camera-flap";

    /// <inheritdoc/>
    public override string Run => "one absence of every camera";

    /// <inheritdoc/>
    public override int Cameras => 4;

    /// <inheritdoc/>
    public override async Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation)
    {
        await ProveAsync(stage, cancellation);
        int runs = options.RunsOr(10, quick: 2);
        var judge = new RecordingJudge(stage.Cameras(Cameras));
        await using DrillBox box = await DrillBox.CreateAsync(stage, new LoneBoxOptions(Path.Combine(stage.Folder, Name), options.Quick ? 2 : 4), judge, cancellation);
        await box.StartAsync(cancellation);
        await box.FragmentAsync(all: true, cancellation);
        List<Outage> outages = [];
        for (int run = 1; run <= runs; run++)
        {
            bool silent = run % 2 == 0;
            // A camera that was away for long is asked for less often: one absence lasts.
            int seconds = options.Quick ? 7 : run == runs ? 60 : 7 + Random.Shared.Next(14);
            (DateTimeOffset gone, DateTimeOffset allGone) = await SwitchAsync(stage, on: false, silent, cancellation);
            // Until the last switch is thrown a camera may still send, and be recorded.
            judge.Killed(allGone);
            await Task.Delay(TimeSpan.FromSeconds(seconds), cancellation);
            (_, DateTimeOffset back) = await SwitchAsync(stage, on: true, silent, cancellation);
            outages.Add(new Outage(gone.ToUnixTimeMilliseconds(), back.ToUnixTimeMilliseconds(), silent ? "stalled" : "camera_unreachable"));
            await box.SegmentsAsync(1, cancellation);
            stage.Say(string.Create(CultureInfo.InvariantCulture, $"{Name} {run} of {runs}: {seconds} s {(silent ? "silent" : "unplugged")}"));
        }

        RecordingVerdict verdict = await box.EndAsync(cancellation);
        DrillReport report = new DrillReport { Drill = Name, Runs = runs }.With(verdict);
        foreach (CameraSpec camera in judge.Cameras)
        {
            List<long> frames = [.. verdict.ByCamera[camera.Name].SelectMany(segment => segment.Marks).Select(mark => mark.CameraUnixMs)];
            report = Absences(report, camera.Name, [.. judge.Gaps!.Where(gap => gap.Camera == camera.Name)], frames, outages);
        }

        return report;
    }

    /// <summary>Each absence of a camera is one gap with its cause, there are no others, and its first frame after each is on disk soon.</summary>
    /// <param name="report">Takes what is wrong.</param>
    /// <param name="camera">Its name.</param>
    /// <param name="gaps">What the box says is missing of it.</param>
    /// <param name="frames">When its frames on disk were taken, unix ms.</param>
    /// <param name="outages">Its absences.</param>
    internal static DrillReport Absences(DrillReport report, string camera, IReadOnlyList<ClaimedGap> gaps, IReadOnlyList<long> frames, IReadOnlyList<Outage> outages)
    {
        foreach (Outage outage in outages)
        {
            List<ClaimedGap> here = [.. gaps.Where(gap => gap.FromUnixMs < outage.Back && gap.ToUnixMs > outage.Gone)];
            report = report.Check(
                here is [var one] && one.Cause == outage.Cause,
                $"{camera}: an absence of {outage.Back - outage.Gone} ms is {here.Count} gaps, to be one of {outage.Cause}: {string.Join(", ", here.Select(gap => gap.Cause))}");
            long first = frames.Where(time => time >= outage.Back).DefaultIfEmpty(long.MaxValue).Min();
            report = report.Reconnected(first == long.MaxValue ? first : first - outage.Back);
        }

        int strange = gaps.Count(gap => !outages.Any(outage => gap.FromUnixMs < outage.Back && gap.ToUnixMs > outage.Gone));
        return (report with { UnexplainedGaps = (report.UnexplainedGaps ?? 0) + strange }).Check(strange == 0, $"{camera}: {strange} gaps while nobody had unplugged it");
    }

    /// <summary>Switches all cameras; returns the moments before and after.</summary>
    private async Task<(DateTimeOffset Before, DateTimeOffset After)> SwitchAsync(DrillStage stage, bool on, bool silent, CancellationToken cancellation)
    {
        DateTimeOffset before = TimeProvider.System.GetUtcNow();
        CameraControl control = stage.Simulator.Control;
        foreach (CameraSpec camera in stage.Cameras(Cameras))
            await ((on, silent) switch
            {
                (false, true) => control.StallAsync(camera.Name, cancellation),
                (false, false) => control.KillAsync(camera.Name, cancellation),
                (true, true) => control.ResumeAsync(camera.Name, cancellation),
                (true, false) => control.ReviveAsync(camera.Name, cancellation),
            });
        return (before, TimeProvider.System.GetUtcNow());
    }

    /// <summary>From when to when a camera was away, unix ms, and what the gap is to say.</summary>
    internal sealed record Outage(long Gone, long Back, string Cause);
}
