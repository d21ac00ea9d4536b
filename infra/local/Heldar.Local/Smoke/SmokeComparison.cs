using Heldar.Contracts.Api;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;

namespace Heldar.Local.Smoke;

/// <summary>
/// Ends the cameras' media, so that every frame sent is on disk and every file is closed; then compares disk, search and cameras, all with all.
/// </summary>
internal sealed class SmokeComparison(Stack stack, FleetClient fleet, SearchMonitor monitor, string folder, Action<string> say)
{
    private const int MaxLostMs = 2000;
    private readonly RecordedFrames _recorded = new();

    /// <summary>Compares. What does not hold goes to <paramref name="check"/>; the report has the counts.</summary>
    /// <param name="fault">A defect to put in before, and to take away after.</param>
    /// <param name="kill">The box that was killed and when, if any was.</param>
    /// <param name="catchUp">How long the index may take.</param>
    /// <param name="check">Gets each statement.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<SmokeReport> RunAsync(SmokeFault? fault, (Box Victim, DateTimeOffset At)? kill, TimeSpan catchUp, Action<bool, string> check, CancellationToken cancellation)
    {
        say("ending the cameras' media and comparing disk and search");
        monitor.Exclude(TimeProvider.System.GetUtcNow(), DateTimeOffset.MaxValue);
        await EndMediaAsync(cancellation);
        string? unknown = fault == SmokeFault.LoseSegment ? SmokeDefects.AddUnknownSegment(monitor.Disk(), folder: stack.Boxes[0].Recordings) : null;
        IReadOnlyList<RecordingItem> found = [];
        bool all = await monitor.WaitAsync(
            (disk, items) =>
            {
                found = items;
                HashSet<Guid> known = Ids(items);
                return disk.Count > 0 && disk.Keys.All(known.Contains) && Settled(disk);
            },
            catchUp,
            cancellation);
        if (fault == SmokeFault.Duplicate) found = SmokeDefects.Repeat(found);

        IReadOnlyDictionary<Guid, DiskSegment> files = monitor.Disk(problem => check(false, problem));
        HashSet<Guid> searchable = Ids(found);
        List<Guid> missing = [.. files.Keys.Where(segment => !searchable.Contains(segment))];
        check(all && missing.Count == 0, $"{missing.Count} of {files.Count} files are not found by the search: {string.Join(", ", missing.Take(3).Select(id => files[id].File))}");
        List<RecordingItem> ghosts = [.. found.Where(item => item.Segment is { } id && !files.ContainsKey(id))];
        check(ghosts.Count == 0, $"the search finds {ghosts.Count} segments that no disk has, such as {ghosts.FirstOrDefault()?.Segment}");
        long twice = found.Count - found.DistinctBy(item => (item.Camera, item.Segment, item.Start)).Count();
        FrameLedger frames = await FramesAsync(files, kill, cancellation);
        await CheckQuarantineAsync(check, cancellation);
        await new SmokeDownload(fleet, check).RunAsync(found, files, folder, cancellation);
        long? p95 = monitor.P95(say);
        check(frames.Lost == 0, $"{frames.Lost} frames lost outside the kill window");
        check(frames.LostMs <= MaxLostMs, $"the kill lost {frames.LostMs} ms, more than {MaxLostMs}");
        check(twice + frames.Duplicates == 0, $"{twice} segments and {frames.Duplicates} frames twice");
        check(p95 is not null, "nothing was timed: no segment closed and was found outside the outages");
        if (unknown is not null) File.Delete(unknown);
        return new SmokeReport
        {
            Fault = fault is { } put ? SmokeDefects.ByName.Single(one => one.Value == put).Key : null,
            SearchableP95Ms = p95,
            Segments = files.Count,
            FramesLost = frames.Lost,
            MaxLostMs = frames.LostMs,
            DownMs = frames.DownMs,
            Duplicates = twice + frames.Duplicates,
        };
    }

    private static HashSet<Guid> Ids(IReadOnlyList<RecordingItem> items) => [.. items.Where(item => item.Segment is not null).Select(item => item.Segment!.Value)];

    private static bool Settled(IReadOnlyDictionary<Guid, DiskSegment> disk) =>
        TimeProvider.System.GetUtcNow() - disk.Values.Max(file => file.LastWrite) > TimeSpan.FromSeconds(1);

    /// <summary>The media stops first, so that what was sent arrives; then the cameras go away, and the boxes need not wait for their watchdog to close the files.</summary>
    private async Task EndMediaAsync(CancellationToken cancellation)
    {
        foreach (CameraSpec camera in stack.CameraSpecs) await stack.Cameras.StallAsync(camera.Name, cancellation);
        await Task.Delay(TimeSpan.FromSeconds(1.5), cancellation);
        foreach (CameraSpec camera in stack.CameraSpecs) await stack.Cameras.KillAsync(camera.Name, cancellation);
    }

    /// <summary>Frames on disk against those that the cameras sent: sums over all cameras; the times are the largest of the killed box's.</summary>
    private async Task<FrameLedger> FramesAsync(IReadOnlyDictionary<Guid, DiskSegment> files, (Box Victim, DateTimeOffset At)? kill, CancellationToken cancellation)
    {
        FrameLedger total = FrameLedger.Empty;
        IReadOnlyList<CameraState> states = await stack.Cameras.ListAsync(cancellation);
        foreach (CameraSpec camera in stack.CameraSpecs)
        {
            IReadOnlyList<FrameMark> marks = await _recorded.OfAsync(camera, files.Values, cancellation);
            long[] kills = kill is { } one && one.Victim.Cameras.Contains(camera.Name) ? [one.At.ToUnixTimeMilliseconds()] : [];
            FrameLedger ledger = FrameLedger.Count(marks, states.Single(state => state.Name == camera.Name).Sent, kills);
            say($"{camera.Name}: {ledger.Recorded} frames on disk, {ledger.Lost} lost, {ledger.Duplicates} twice{(kills.Length > 0 ? $", kill lost {ledger.LostMs} ms, down {ledger.DownMs} ms" : "")}");
            total += ledger;
        }

        return total;
    }

    private async Task CheckQuarantineAsync(Action<bool, string> check, CancellationToken cancellation)
    {
        foreach (string file in DiskSegment.Quarantined(stack.Boxes.Select(box => box.Recordings)))
        {
            int held = (await FrameCounter.ReadAsync(file, codec: null, cancellation)).Count;
            check(held == 0, $"{file} was set aside, but holds {held} frames");
        }
    }
}
