using Heldar.Local.Cameras;
using Heldar.Local.Processes;

namespace Heldar.Local.Judge;

/// <summary>
/// Judges what a box has on disk after it was killed, however often. It is told what the box had closed before each kill and when the kills were; the rest comes from
/// the disk, ffmpeg, <c>sha256sum</c> and the cameras' own log. One caller at a time.
/// </summary>
internal sealed class RecordingJudge(IReadOnlyList<CameraSpec> cameras)
{
    private readonly Dictionary<Guid, string> _closed = [];
    private readonly HashSet<Guid> _held = [];
    private readonly List<long> _kills = [];
    private readonly SegmentInspector _inspector = new(cameras);

    /// <summary>Kills so far.</summary>
    public int Kills => _kills.Count;

    /// <summary>The cameras.</summary>
    public IReadOnlyList<CameraSpec> Cameras => cameras;

    /// <summary>What the box says is missing, and why; null when it is not asked.</summary>
    public IReadOnlyCollection<ClaimedGap>? Gaps { get; set; }

    /// <summary>
    /// For accidents that may cost footage: a frame that the camera sent and no file holds does not count as lost when it lies in a gap that the box explains, or at most
    /// this much beside it, ms. Null: every missing frame is lost.
    /// </summary>
    public int? ExcusedEdgeMs { get; init; }

    /// <summary>The box may delete footage that is not held (to keep a disk from filling up), when it seals that it did.</summary>
    public bool DeletionIsExcused { get; init; }

    /// <summary>The box says that a segment is closed: from now on it must stay as it is.</summary>
    public void Closed(Guid segment, string sha256) => _closed[segment] = sha256;

    /// <summary>The segment is held as evidence.</summary>
    public void Held(Guid segment) => _held.Add(segment);

    /// <summary>The box was killed. What a camera sent between two kills and no file holds counts from the first frame that it sent.</summary>
    public void Killed(DateTimeOffset at) => _kills.Add(at.ToUnixTimeMilliseconds());

    /// <summary>Another judge who knows the same, except for the gaps.</summary>
    public RecordingJudge Fork()
    {
        var fork = new RecordingJudge(cameras) { ExcusedEdgeMs = ExcusedEdgeMs, DeletionIsExcused = DeletionIsExcused };
        foreach ((Guid segment, string sha256) in _closed) fork._closed[segment] = sha256;
        fork._held.UnionWith(_held);
        fork._kills.AddRange(_kills);
        return fork;
    }

    /// <summary>Judges the recordings under a folder. Nothing may be recorded meanwhile.</summary>
    /// <param name="folder">A volume.</param>
    /// <param name="states">What the cameras sent.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<RecordingVerdict> JudgeAsync(string folder, IReadOnlyList<CameraState> states, CancellationToken cancellation)
    {
        List<string> problems = [];
        long sameId = 0;
        IReadOnlyDictionary<Guid, DiskSegment> files = DiskSegment.Scan([folder], problem =>
        {
            sameId++;
            problems.Add(problem);
        });
        IReadOnlyList<InspectedSegment> segments = await _inspector.InspectAsync(files.Values, problems.Add, cancellation);
        List<string> unreadable = [.. segments.Where(s => s.Complaint is not null).Select(s => $"{s.File.File} is not readable: {s.Complaint}")];
        problems.AddRange(unreadable);
        (int lost, int heldLost, int gone) = await LostAsync(files, SealText.Deleted(folder), problems, cancellation);
        FrameLedger total = FrameLedger.Empty;
        IReadOnlyDictionary<Guid, Guid> runs = SealText.Runs(folder);
        IReadOnlyList<ClaimedGap> deleted = DeletionIsExcused ? SealText.DeletedTimes(folder) : [];
        Dictionary<string, IReadOnlyList<InspectedSegment>> byCamera = [];
        int overlaps = 0, unexplained = 0;
        foreach (CameraSpec camera in cameras)
        {
            List<InspectedSegment> own = [.. segments.Where(segment => segment.Camera == camera)];
            byCamera[camera.Name] = own;
            List<ClaimedGap>? gaps = Gaps?.Concat(deleted).Where(gap => gap.Camera == camera.Name).ToList();
            total += Frames(camera, own, states, gaps, problems);
            IReadOnlyList<string> overlapping = BoxTimeline.Overlaps(own, runs), bare = gaps is null ? [] : BoxTimeline.Unexplained(own, gaps);
            problems.AddRange(overlapping.Concat(bare));
            (overlaps, unexplained) = (overlaps + overlapping.Count, unexplained + bare.Count);
        }

        foreach (string file in DiskSegment.Quarantined([folder]).Where(DiskSegment.HasWholeMedia))
        {
            int held = (await FrameCounter.ReadAsync(file, codec: null, cancellation)).Count;
            if (held > 0) problems.Add($"{file} was set aside, but holds {held} frames");
        }

        return new RecordingVerdict(files.Count, unreadable.Count, lost, total.Lost, total.LostMs, total.Duplicates + sameId, problems)
        {
            HeldLost = heldLost,
            Gone = gone,
            OverlapsInRun = overlaps,
            UnexplainedGaps = unexplained,
            ByCamera = byCamera,
        };
    }

    private FrameLedger Frames(CameraSpec camera, List<InspectedSegment> own, IReadOnlyList<CameraState> states, List<ClaimedGap>? gaps, List<string> problems)
    {
        FrameLedger one = FrameLedger.Count([.. own.SelectMany(segment => segment.Marks)], states.Single(state => state.Name == camera.Name).Sent, _kills, ExcusedEdgeMs is null ? null : Explained);
        if (one.Recorded == 0) problems.Add($"{camera.Name}: no frame on disk");
        if (one.Lost > 0) problems.Add($"{camera.Name}: {one.Lost} frames lost outside the kills");
        if (one.LostMs > RecordingVerdict.AllowedLostMs) problems.Add($"{camera.Name}: a kill lost {one.LostMs} ms");
        if (one.Duplicates > 0) problems.Add($"{camera.Name}: {one.Duplicates} frames twice");
        return one;

        bool Explained(long time) => gaps is not null && gaps.Exists(gap => time >= gap.FromUnixMs - ExcusedEdgeMs && time - ExcusedEdgeMs <= gap.ToUnixMs);
    }

    private async Task<(int Lost, int Held, int Gone)> LostAsync(IReadOnlyDictionary<Guid, DiskSegment> files, IReadOnlySet<Guid> deleted, List<string> problems, CancellationToken cancellation)
    {
        int lost = 0, heldLost = 0, gone = 0;
        Dictionary<string, string> digests = [];
        foreach (DiskSegment[] some in _closed.Keys.Where(files.ContainsKey).Select(id => files[id]).Chunk(500))
        {
            string said = (await Tool.RunAsync("sha256sum", ["--", .. some.Select(file => file.File)], cancellation)).OutputOrThrow("sha256sum");
            foreach (string line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries)) digests[line[66..]] = line[..64];
        }

        foreach ((Guid segment, string sha256) in _closed)
        {
            bool there = files.TryGetValue(segment, out DiskSegment? file);
            string now = there ? digests[file!.File] : "gone";
            if (!there) gone++;
            if (string.Equals(now, sha256, StringComparison.OrdinalIgnoreCase)) continue;
            if (_held.Contains(segment)) heldLost++;
            else if (!there && DeletionIsExcused && deleted.Contains(segment)) continue;
            lost++;
            problems.Add($"{(_held.Contains(segment) ? "held" : "closed")} segment {segment} was {sha256} and is {now}");
        }

        return (lost, heldLost, gone);
    }
}
