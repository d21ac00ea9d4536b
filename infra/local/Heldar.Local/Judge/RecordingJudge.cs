using System.Collections.Concurrent;
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
    private readonly List<long> _kills = [];

    /// <summary>Kills so far.</summary>
    public int Kills => _kills.Count;

    /// <summary>The box says that a segment is closed: from now on it must stay as it is.</summary>
    public void Closed(Guid segment, string sha256) => _closed[segment] = sha256;

    /// <summary>The box was killed. Between two kills every camera must have been recorded, or the second cannot be told from the first.</summary>
    public void Killed(DateTimeOffset at) => _kills.Add(at.ToUnixTimeMilliseconds());

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
        int unreadable = await UnreadableAsync(files.Values, problems, cancellation);
        int lost = await LostAsync(files, problems, cancellation);
        FrameLedger total = FrameLedger.Empty;
        var recorded = new RecordedFrames();
        foreach (CameraSpec camera in cameras)
        {
            IReadOnlyList<FrameMark> marks = await recorded.OfAsync(camera, files.Values, cancellation);
            FrameLedger one = FrameLedger.Count(marks, states.Single(state => state.Name == camera.Name).Sent, _kills);
            if (one.Recorded == 0) problems.Add($"{camera.Name}: no frame on disk");
            if (one.Lost > 0) problems.Add($"{camera.Name}: {one.Lost} frames lost outside the kills");
            if (one.LostMs > RecordingVerdict.AllowedLostMs) problems.Add($"{camera.Name}: a kill lost {one.LostMs} ms");
            if (one.Duplicates > 0) problems.Add($"{camera.Name}: {one.Duplicates} frames twice");
            total += one;
        }

        foreach (string file in DiskSegment.Quarantined([folder]))
        {
            int held = (await FrameCounter.ReadAsync(file, codec: null, cancellation)).Count;
            if (held > 0) problems.Add($"{file} was set aside, but holds {held} frames");
        }

        return new RecordingVerdict(files.Count, unreadable, lost, total.Lost, total.LostMs, total.Duplicates + sameId, problems);
    }

    private static async Task<int> UnreadableAsync(IEnumerable<DiskSegment> files, List<string> problems, CancellationToken cancellation)
    {
        ConcurrentBag<string> found = [];
        await Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation },
            async (file, token) =>
            {
                ToolResult decoded = await Tool.RunAsync("ffmpeg", ["-nostdin", "-v", "error", "-i", file.File, "-map", "0:v", "-map", "0:a?", "-f", "null", "-"], token);
                if (decoded.ExitCode != 0 || decoded.Error.Length > 0) found.Add($"{file.File} is not readable: {decoded.Error.Trim()}");
            });
        problems.AddRange(found);
        return found.Count;
    }

    private async Task<int> LostAsync(IReadOnlyDictionary<Guid, DiskSegment> files, List<string> problems, CancellationToken cancellation)
    {
        int lost = 0;
        foreach ((Guid segment, string sha256) in _closed)
        {
            string now = files.TryGetValue(segment, out DiskSegment? file) ? (await Tool.RunAsync("sha256sum", ["--", file.File], cancellation)).OutputOrThrow("sha256sum").Split(' ')[0] : "gone";
            if (string.Equals(now, sha256, StringComparison.OrdinalIgnoreCase)) continue;
            lost++;
            problems.Add($"closed segment {segment} was {sha256} and is {now}");
        }

        return lost;
    }
}
