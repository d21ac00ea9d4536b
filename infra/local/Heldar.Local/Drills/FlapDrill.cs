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
    private const int MostReconnectMs = 10_000;

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
        long worst = 0;
        foreach (CameraSpec camera in judge.Cameras)
        {
            List<ClaimedGap> gaps = [.. judge.Gaps!.Where(gap => gap.Camera == camera.Name)];
            foreach (Outage outage in outages)
            {
                List<ClaimedGap> here = [.. gaps.Where(gap => gap.FromUnixMs < outage.Back && gap.ToUnixMs > outage.Gone)];
                report = report.Check(
                    here is [var one] && one.Cause == outage.Cause,
                    $"{camera.Name}: an absence of {outage.Back - outage.Gone} ms is {here.Count} gaps, to be one of {outage.Cause}: {string.Join(", ", here.Select(gap => gap.Cause))}");
                long first = verdict.ByCamera[camera.Name].SelectMany(segment => segment.Marks).Select(mark => mark.CameraUnixMs).Where(time => time >= outage.Back).DefaultIfEmpty(long.MaxValue).Min();
                worst = Math.Max(worst, first == long.MaxValue ? first : first - outage.Back);
            }

            int strange = gaps.Count(gap => !outages.Any(outage => gap.FromUnixMs < outage.Back && gap.ToUnixMs > outage.Gone));
            report = (report with { UnexplainedGaps = report.UnexplainedGaps + strange }).Check(strange == 0, $"{camera.Name}: {strange} gaps while nobody had unplugged it");
        }

        return (report with { ReconnectMs = worst }).Check(worst < MostReconnectMs, $"a camera was recorded only {worst} ms after its return");
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

    private sealed record Outage(long Gone, long Back, string Cause);
}
