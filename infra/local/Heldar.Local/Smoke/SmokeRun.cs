using System.Diagnostics;
using System.Runtime.CompilerServices;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;

namespace Heldar.Local.Smoke;

/// <summary>
/// The whole path once, with disturbances: two boxes record four cameras; one box is killed with -9 and started again; Azurite is stopped and started
/// again; then every file on the boxes' disks must be found by the fleet's search, and what is downloaded must be what was recorded.
/// Ground truth is the disk, the cameras' own log and frame counters read by ffmpeg.
/// </summary>
internal sealed class SmokeRun(SmokeOptions options, Action<string> say)
{
    private const int MaxSearchableMs = 2000;
    private const int MaxUpSeconds = 30;
    private readonly List<string> _problems = [];

    /// <summary>Runs in a throw-away folder: one report, or one for each fault.</summary>
    public async IAsyncEnumerable<SmokeReport> RunAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await StackPrerequisites.EnsureAsync(say, cancellation);
        IReadOnlyList<CameraSpec> cameras = CameraSpec.Varied(4);
        foreach (CameraSpec camera in cameras) await Footage.ClipAsync(camera.Footage, cancellation);
        string folder = Path.Combine(Path.GetTempPath(), $"heldar-smoke-{Path.GetRandomFileName()}");
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("755", 8));
        try
        {
            long start = Stopwatch.GetTimestamp();
            DateTimeOffset from = TimeProvider.System.GetUtcNow().AddMinutes(-1);
            var stackOptions = new StackOptions(Path.Combine(folder, "data")) { Cameras = cameras, SegmentSeconds = options.SegmentSeconds };
            await using Stack stack = await Stack.StartAsync(stackOptions, say, cancellation);
            double up = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 1);
            using var fleet = new FleetClient(stack.Fleet);
            await fleet.SignInAsync(await stack.SetupCodeAsync(cancellation) ?? throw new ProcessException("a fresh fleet has no setup code"), cancellation);
            await using var monitor = new SearchMonitor(stack, fleet, from);
            monitor.Start();
            var comparison = new SmokeComparison(stack, fleet, monitor, folder, say);
            await WarmUpAsync(stack, monitor, cancellation);
            if (options.Faults.Count == 0) yield return await CourseAsync(null, up, stack, monitor, comparison, cancellation);
            foreach (SmokeFault fault in options.Faults.Distinct().Order()) yield return await CourseAsync(fault, up, stack, monitor, comparison, cancellation);
        }
        finally
        {
            if (options.Keep) say($"kept {folder}");
            else Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The first segments find everything cold and do not count; those after them are timed undisturbed.</summary>
    private async Task WarmUpAsync(Stack stack, SearchMonitor monitor, CancellationToken cancellation)
    {
        say("waiting for the first segments");
        if (!await PhaseAsync("first segments are searchable", stack, monitor, cancellation)) return;
        monitor.Exclude(DateTimeOffset.MinValue, TimeProvider.System.GetUtcNow());
        say("timing segments");
        await monitor.WaitAsync((_, _) => monitor.Timed >= options.SegmentsPerPhase * stack.CameraSpecs.Count, TimeSpan.FromSeconds(60), cancellation);
    }

    /// <summary>One way through the disturbances to a comparison; with a fault only that one.</summary>
    private async Task<SmokeReport> CourseAsync(SmokeFault? fault, double up, Stack stack, SearchMonitor monitor, SmokeComparison comparison, CancellationToken cancellation)
    {
        (Box, DateTimeOffset)? kill = null;
        if (fault is null) kill = await KillAsync(stack.Boxes[0], stack, monitor, cancellation);
        if (fault is null or SmokeFault.AzuriteDown) await StopAzuriteAsync(comeBack: fault is null, stack, monitor, cancellation);
        else await stack.AzuriteService.StartAsync(cancellation);
        SmokeReport report = await comparison.RunAsync(fault, kill, SmokeOptions.CatchUp(fault), Check, cancellation) with { UpSeconds = up };
        if (options.CountTimings)
        {
            Check(up <= MaxUpSeconds, $"up took {up:0.0} s, more than {MaxUpSeconds}");
            Check(report.SearchableP95Ms is null or <= MaxSearchableMs, $"searchable after {report.SearchableP95Ms} ms, more than {MaxSearchableMs}");
        }

        report = report with { Problems = [.. _problems], Ok = _problems.Count == 0 };
        _problems.Clear();
        return report;
    }

    private async Task<(Box, DateTimeOffset)> KillAsync(Box victim, Stack stack, SearchMonitor monitor, CancellationToken cancellation)
    {
        say($"kill -9 {victim.Name}");
        DateTimeOffset outage = TimeProvider.System.GetUtcNow();
        await victim.Service.KillAsync();
        DateTimeOffset killed = TimeProvider.System.GetUtcNow(); // what it wrote, it wrote before
        await Task.Delay(TimeSpan.FromSeconds(options.Quick ? 1 : 2), cancellation);
        await victim.Service.StartAsync(cancellation);
        monitor.Exclude(outage, TimeProvider.System.GetUtcNow().AddSeconds(2));
        await PhaseAsync($"segments of {victim.Name} after its restart are searchable", stack, monitor, cancellation);
        return (victim, killed);
    }

    private async Task StopAzuriteAsync(bool comeBack, Stack stack, SearchMonitor monitor, CancellationToken cancellation)
    {
        say("stopping Azurite");
        DateTimeOffset outage = TimeProvider.System.GetUtcNow();
        int onDisk = monitor.Disk().Count;
        await stack.AzuriteService.StopAsync();
        await monitor.WaitAsync((disk, _) => disk.Count >= onDisk + (stack.CameraSpecs.Count * options.SegmentsPerPhase), TimeSpan.FromSeconds(60), cancellation);
        if (comeBack)
        {
            say("starting Azurite");
            await stack.AzuriteService.StartAsync(cancellation);
            await PhaseAsync("segments after Azurite's outage are searchable", stack, monitor, cancellation);
        }

        monitor.Exclude(outage, TimeProvider.System.GetUtcNow());
    }

    /// <summary>Waits until each camera has new closed segments that the search finds.</summary>
    private async Task<bool> PhaseAsync(string what, Stack stack, SearchMonitor monitor, CancellationToken cancellation)
    {
        HashSet<Guid?> before = [.. (await monitor.SearchAsync(cancellation)).Select(item => item.Segment)];
        bool done = await monitor.WaitAsync(
            (_, found) => found.Where(item => !before.Contains(item.Segment)).GroupBy(item => item.Camera).Count(camera => camera.Count() >= options.SegmentsPerPhase) == stack.CameraSpecs.Count,
            TimeSpan.FromSeconds(90),
            cancellation);
        Check(done, $"{what}: not within 90 s");
        return done;
    }

    private void Check(bool holds, string problem)
    {
        if (holds) return;
        say("PROBLEM: " + problem);
        _problems.Add(problem);
    }
}
