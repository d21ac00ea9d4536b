using System.Diagnostics;
using Heldar.Contracts.Api;
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
    private const int MaxLostMs = 2000;
    private const int MaxSearchableMs = 2000;
    private const int MaxUpSeconds = 30;
    private readonly List<string> _problems = [];

    /// <summary>Runs in a throw-away folder.</summary>
    public async Task<SmokeReport> RunAsync(CancellationToken cancellation)
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
            double up = Stopwatch.GetElapsedTime(start).TotalSeconds;
            using var fleet = new FleetClient(stack.Fleet);
            await fleet.SignInAsync(await stack.SetupCodeAsync(cancellation) ?? throw new ProcessException("a fresh fleet has no setup code"), cancellation);
            await using var monitor = new SearchMonitor(stack, fleet, from);
            monitor.Start();
            SmokeReport report = await DisturbAsync(stack, fleet, monitor, folder, cancellation) with { UpSeconds = Math.Round(up, 1) };
            if (options.CountTimings) Check(up <= MaxUpSeconds, $"up took {up:0.0} s, more than {MaxUpSeconds}");
            return report with { Problems = _problems, Ok = _problems.Count == 0 };
        }
        finally
        {
            if (options.Keep) say($"kept {folder}");
            else Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<SmokeReport> DisturbAsync(Stack stack, FleetClient fleet, SearchMonitor monitor, string folder, CancellationToken cancellation)
    {
        say("waiting for the first segments");
        if (!await PhaseAsync("first segments are searchable", stack, monitor, cancellation)) return new SmokeReport();
        monitor.Exclude(DateTimeOffset.MinValue, TimeProvider.System.GetUtcNow()); // everything is cold until here
        await PhaseAsync("the next segments are searchable", stack, monitor, cancellation);

        Box victim = stack.Boxes[0];
        say($"kill -9 {victim.Name}");
        DateTimeOffset killed = TimeProvider.System.GetUtcNow();
        await victim.Service.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
        await victim.Service.StartAsync(cancellation);
        monitor.Exclude(killed.AddSeconds(-2), TimeProvider.System.GetUtcNow().AddSeconds(2));
        await PhaseAsync($"segments of {victim.Name} after its restart are searchable", stack, monitor, cancellation);

        say("stopping Azurite");
        DateTimeOffset outage = TimeProvider.System.GetUtcNow();
        int onDisk = monitor.Disk().Count;
        await stack.AzuriteService.StopAsync();
        await monitor.WaitAsync((disk, _) => disk.Count >= onDisk + (4 * options.SegmentsPerPhase), TimeSpan.FromSeconds(60), cancellation);
        if (!options.Faults.HasFlag(SmokeFaults.AzuriteDown))
        {
            say("starting Azurite");
            await stack.AzuriteService.StartAsync(cancellation);
            await PhaseAsync("segments after Azurite's outage are searchable", stack, monitor, cancellation);
        }

        monitor.Exclude(outage.AddSeconds(-3), TimeProvider.System.GetUtcNow());
        return await SettleAsync(stack, fleet, monitor, folder, victim, killed, cancellation);
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

    /// <summary>Stalls the cameras, so that every frame sent is on disk and every file is closed; then compares all with all.</summary>
    private async Task<SmokeReport> SettleAsync(Stack stack, FleetClient fleet, SearchMonitor monitor, string folder, Box victim, DateTimeOffset killed, CancellationToken cancellation)
    {
        say("stalling the cameras and comparing disk and search");
        monitor.Exclude(TimeProvider.System.GetUtcNow().AddSeconds(-1), DateTimeOffset.MaxValue);
        foreach (CameraSpec camera in stack.CameraSpecs) await stack.Cameras.StallAsync(camera.Name, cancellation);
        if (options.Faults.HasFlag(SmokeFaults.LoseSegment)) SmokeDefects.AddUnknownSegment(monitor.Disk(), folder: stack.Boxes[0].Recordings);
        IReadOnlyList<RecordingItem> found = [];
        bool all = await monitor.WaitAsync(
            (disk, items) =>
            {
                found = items;
                HashSet<Guid> known = [.. items.Where(item => item.Segment is not null).Select(item => item.Segment!.Value)];
                return disk.Count > 0 && disk.Keys.All(known.Contains) && Settled(disk);
            },
            options.CatchUp,
            cancellation);
        if (options.Faults.HasFlag(SmokeFaults.Duplicate)) found = SmokeDefects.Repeat(found);

        IReadOnlyDictionary<Guid, DiskSegment> files = monitor.Disk(_problems.Add);
        HashSet<Guid> searchable = [.. found.Where(item => item.Segment is not null).Select(item => item.Segment!.Value)];
        List<Guid> missing = [.. files.Keys.Where(segment => !searchable.Contains(segment))];
        Check(all && missing.Count == 0, $"{missing.Count} of {files.Count} files are not found by the search: {string.Join(", ", missing.Take(3).Select(id => files[id].File))}");
        List<RecordingItem> ghosts = [.. found.Where(item => item.Segment is { } id && !files.ContainsKey(id))];
        Check(ghosts.Count == 0, $"the search finds {ghosts.Count} segments that no disk has, such as {ghosts.FirstOrDefault()?.Segment}");
        long twice = found.Count - found.DistinctBy(item => (item.Camera, item.Segment, item.Start)).Count();
        FrameLedger frames = await new SmokeFrames(stack, victim, killed.ToUnixTimeMilliseconds()).CountAsync(files, say, cancellation);
        foreach (string file in DiskSegment.Quarantined(stack.Boxes.Select(box => box.Recordings)))
        {
            int held = (await FrameCounter.ReadAsync(file, codec: null, cancellation)).Count;
            Check(held == 0, $"{file} was set aside, but holds {held} frames");
        }

        await new SmokeDownload(fleet, Check).RunAsync(found, files, folder, cancellation);
        long? p95 = monitor.P95(say);
        Check(frames.Lost == 0, $"{frames.Lost} frames lost outside the kill window");
        Check(frames.LostMs <= MaxLostMs, $"the kill lost {frames.LostMs} ms, more than {MaxLostMs}");
        Check(twice + frames.Duplicates == 0, $"{twice} segments and {frames.Duplicates} frames twice");
        if (options.CountTimings) Check(p95 is not null, "no segment closed outside the outages, so nothing was timed");
        if (options.CountTimings) Check(p95 is null or <= MaxSearchableMs, $"searchable after {p95} ms, more than {MaxSearchableMs}");
        return new SmokeReport
        {
            SearchableP95Ms = p95,
            Segments = files.Count,
            FramesLost = frames.Lost,
            MaxLostMs = frames.LostMs,
            DownMs = frames.DownMs,
            Duplicates = twice + frames.Duplicates,
        };
    }

    private static bool Settled(IReadOnlyDictionary<Guid, DiskSegment> disk) =>
        TimeProvider.System.GetUtcNow() - disk.Values.Max(file => file.LastWrite) > TimeSpan.FromSeconds(2);

    private void Check(bool holds, string problem)
    {
        if (holds) return;
        say("PROBLEM: " + problem);
        _problems.Add(problem);
    }
}
