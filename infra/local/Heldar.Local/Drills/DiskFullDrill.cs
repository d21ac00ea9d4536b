using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;

namespace Heldar.Local.Drills;

/// <summary>
/// Somebody else fills the disk to the last byte and takes whatever the box frees, until it records no more; then the space comes back. Held footage must be as it was,
/// recording must resume within 10 s, and the hole must be a gap that says that the disk was full.
/// </summary>
internal sealed class DiskFullDrill : Drill
{
    private const int DiskMegabytes = 160;

    private const int SegmentMs = 2000;

    /// <summary>How exact a gap must be: five pictures. The clocks of box and cameras are compared, and names have whole milliseconds.</summary>
    private const int EdgeMs = 200;

    /// <inheritdoc/>
    public override string Name => "disk-full";

    /// <inheritdoc/>
    public override string Run => "one time that somebody else fills the disk";

    /// <inheritdoc/>
    public override int Cameras => 4;

    /// <inheritdoc/>
    public override string? Obstacle => LoopDisk.Obstacle;

    /// <inheritdoc/>
    public override async Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation)
    {
        await ProveAsync(stage, cancellation);
        int runs = options.RunsOr(5, quick: 1);
        string folder = Path.Combine(stage.Folder, Name);
        Directory.CreateDirectory(folder);
        await using LoopDisk disk = await LoopDisk.CreateAsync(Path.Combine(folder, "recordings"), DiskMegabytes, cancellation);
        var judge = new RecordingJudge(stage.Cameras(Cameras)) { ExcusedEdgeMs = EdgeMs, DeletionIsExcused = true };
        await using DrillBox box = await DrillBox.CreateAsync(stage, new LoneBoxOptions(folder, SegmentMs / 1000), judge, cancellation);
        await box.StartAsync(cancellation);
        await box.FragmentAsync(all: true, cancellation);
        HashSet<Guid> holds = [];
        List<(long From, long To)> full = [];
        long resumed = 0;
        for (int run = 1; run <= runs; run++)
        {
            await box.SegmentsAsync(3, cancellation);
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            holds.Add((await box.Box.HoldAsync(judge.Cameras[run % Cameras].Name, now.AddSeconds(-6), now, cancellation)).Id);
            await box.SegmentsAsync(1, cancellation);
            await box.TellAsync(all: true, cancellation);
            full.Add(await FillAsync(Path.Combine(disk.Folder, "of-somebody-else"), TimeSpan.FromSeconds(options.Quick ? 12 : 15 + Random.Shared.Next(15)), cancellation));
            await box.SegmentsAsync(2, cancellation);
            // Now, for the next run makes the box free what came in between.
            foreach (CameraSpec camera in judge.Cameras) resumed = Math.Max(resumed, await ResumedAsync(disk.Folder, camera, full[^1].To, cancellation));
            stage.Say(string.Create(CultureInfo.InvariantCulture, $"{Name} {run} of {runs}: full for {(full[^1].To - full[^1].From) / 1000} s, all cameras were recorded again at most {resumed} ms later so far"));
        }

        HashSet<Guid> there = [.. (await box.Box.HoldsAsync(cancellation)).Select(hold => hold.Id)];
        int holdsLost = holds.Count(hold => !there.Contains(hold));
        RecordingVerdict verdict = await box.EndAsync(cancellation);
        DrillReport report = new DrillReport { Drill = Name, Runs = runs }.With(verdict);
        report = (report with { HeldLost = report.HeldLost + holdsLost }).Check(holdsLost == 0, $"{holdsLost} holds are gone");
        return Absences(report.Resumed(resumed, "space came back"), judge, verdict, full);
    }

    /// <summary>Milliseconds from a moment to the first frame behind it that is on the disk.</summary>
    private static async Task<long> ResumedAsync(string folder, CameraSpec camera, long from, CancellationToken cancellation)
    {
        IEnumerable<DiskSegment> files = DiskSegment.Scan([Path.Combine(folder, camera.Name)]).Values
            .Where(file => file.Start is { } start && start.ToUnixTimeMilliseconds() > from - SegmentMs).OrderBy(file => file.Start).Take(2);
        List<long> frames = [.. (await new RecordedFrames().OfAsync(camera, files, cancellation)).Select(mark => mark.CameraUnixMs).Where(time => time >= from)];
        return frames.Count == 0 ? long.MaxValue : frames.Min() - from;
    }

    /// <summary>Each camera stopped while the disk was full, and the gap says why and lies over no footage.</summary>
    private static DrillReport Absences(DrillReport report, RecordingJudge judge, RecordingVerdict verdict, List<(long From, long To)> full)
    {
        foreach (CameraSpec camera in judge.Cameras)
        {
            IReadOnlyList<string> over = BoxTimeline.Overclaimed(verdict.ByCamera[camera.Name], judge.Gaps!.Where(gap => gap.Camera == camera.Name), EdgeMs);
            report = (report with { UnexplainedGaps = report.UnexplainedGaps + over.Count }).Check(over.Count == 0, string.Join("; ", over));
            foreach ((long from, long to) in full)
            {
                List<ClaimedGap> here = [.. judge.Gaps!.Where(gap => gap.Camera == camera.Name && gap.FromUnixMs < to && gap.ToUnixMs > from)];
                bool explained = here.Count > 0 && here.All(gap => gap.Cause is "disk_full" or "disk_full_held");
                report = (report with { UnexplainedGaps = report.UnexplainedGaps + (explained ? 0 : 1) })
                    .Check(explained, $"{camera.Name}: while the disk was full it has {here.Count} gaps: {string.Join(", ", here.Select(gap => gap.Cause))}");
            }
        }

        return report;
    }

    /// <summary>Fills the disk and keeps it full; returns from when to when it was.</summary>
    private static async Task<(long From, long To)> FillAsync(string path, TimeSpan time, CancellationToken cancellation)
    {
        long from = 0;
        var megabyte = new byte[1 << 20];
        try
        {
            await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            DateTimeOffset until = DateTimeOffset.MaxValue;
            while (TimeProvider.System.GetUtcNow() < until)
            {
                if (Append(file, megabyte) || Append(file, megabyte.AsSpan(0, 4096))) continue;
                if (from == 0)
                {
                    from = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
                    until = TimeProvider.System.GetUtcNow() + time;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);
            }
        }
        finally
        {
            File.Delete(path);
        }

        return (from, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
    }

    private static bool Append(FileStream file, ReadOnlySpan<byte> bytes)
    {
        try
        {
            file.Write(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
