using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>
/// The database is lost: the box is killed or stopped, <c>box.db</c> is deleted or, every second time, overwritten with garbage, and the box starts again; once its pages are
/// zeroed while the box runs, and it must end by itself in order. It must know every file on disk with its hash again, every hold, and go on recording.
/// </summary>
internal sealed class DbLossDrill : Drill
{
    /// <summary>The run in which the running box's database is damaged.</summary>
    private const int WhileRunning = 3;
    private const int DamagedExitCode = 75;
    private const int PageBytes = 4096;
    private const int LogHeaderBytes = 32;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override string Name => "db-loss";

    /// <inheritdoc/>
    public override string Run => "one loss of the database and the start after it";

    /// <inheritdoc/>
    public override int Cameras => 4;

    /// <inheritdoc/>
    public override async Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation)
    {
        await ProveAsync(stage, cancellation);
        int runs = options.RunsOr(10, quick: 2), forgotten = 0, holdsLost = 0;
        var judge = new RecordingJudge(stage.Cameras(Cameras));
        await using DrillBox box = await DrillBox.CreateAsync(stage, new LoneBoxOptions(Path.Combine(stage.Folder, Name), 2), judge, cancellation);
        HashSet<Guid> holds = [];
        var report = new DrillReport { Drill = Name, Runs = runs };
        for (int run = 1; run <= runs; run++)
        {
            await box.StartAsync(cancellation);
            await box.FragmentAsync(all: true, cancellation);
            await box.SegmentsAsync(1, cancellation);
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            holds.Add((await box.Box.HoldAsync(judge.Cameras[run % Cameras].Name, now.AddSeconds(-5), now.AddSeconds(1), cancellation)).Id);
            await box.SegmentsAsync(1, cancellation);
            await box.TellAsync(all: true, cancellation);
            string how = await LoseAsync(box, run, cancellation);
            IReadOnlyDictionary<Guid, DiskSegment> disk = DiskSegment.Scan([box.Box.Recordings]);
            await box.StartAsync(cancellation);
            forgotten += await ForgottenAsync(box, disk.Keys, cancellation);
            HashSet<Guid> there = [.. (await box.Box.HoldsAsync(cancellation)).Select(hold => hold.Id)];
            holdsLost += holds.Count(hold => !there.Contains(hold));
            await box.FragmentAsync(all: true, cancellation);
            await box.TellAsync(all: true, cancellation);
            judge.Killed(await box.Box.KillAsync());
            stage.Say(string.Create(CultureInfo.InvariantCulture, $"{Name} {run} of {runs}: {disk.Count} segments, {holds.Count} holds, {how}"));
        }

        await box.StartAsync(cancellation);
        await box.FragmentAsync(all: true, cancellation);
        report = report.With(await box.EndAsync(cancellation));
        return (report with { LostClosedSegments = report.LostClosedSegments + forgotten, HeldLost = report.HeldLost + holdsLost, More = new Dictionary<string, object> { ["holds"] = holds.Count, ["set_aside"] = Directory.EnumerateFiles(box.Box.Data, "box.db.damaged-*Z").Count() } })
            .Check(forgotten == 0, $"{forgotten} segments on disk were not in the rebuilt index").Check(holdsLost == 0, $"{holdsLost} holds were not in the rebuilt index");
    }

    private static async Task<DateTimeOffset> StopAsync(DrillBox box)
    {
        if (!await box.Box.StopAsync()) throw new ProcessException($"the box did not stop within 15 s; {LogTail.Describe(box.Box.LogFile)}");
        return TimeProvider.System.GetUtcNow();
    }

    /// <summary>Ends the box and loses its database; answers how.</summary>
    private static async Task<string> LoseAsync(DrillBox box, int run, CancellationToken cancellation)
    {
        string database = Path.Combine(box.Box.Data, "box.db");
        if (!File.Exists(database)) throw new ProcessException($"there is no database in {box.Box.Data}");
        if (run == WhileRunning)
        {
            // What is in the log alone counts as well: SQLite reads it before the database.
            Overwrite(database, PageBytes, zeros: true);
            Overwrite(database + "-wal", LogHeaderBytes, zeros: true);
            int? code = await box.Box.EndedAsync(TimeSpan.FromSeconds(60), cancellation);
            if (code != DamagedExitCode) throw new ProcessException($"the box did not end by itself with code {DamagedExitCode}, but {(code is null ? "not at all" : $"with {code}")}; {LogTail.Describe(box.Box.LogFile)}");
            box.Judge.Killed(TimeProvider.System.GetUtcNow());
            return "zeroed while it ran";
        }

        bool killed = run % 4 is 0 or 1;
        box.Judge.Killed(killed ? await box.Box.KillAsync() : await StopAsync(box));
        bool garbage = run % 2 == 0;
        if (garbage) Overwrite(database, 0, zeros: false);
        else foreach (string part in (string[])["", "-wal", "-shm"]) File.Delete(database + part);
        return $"{(killed ? "killed" : "stopped")}, {(garbage ? "overwritten" : "deleted")}";
    }

    private static void Overwrite(string file, int from, bool zeros)
    {
        if (!File.Exists(file)) return;
        using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        if (stream.Length <= from) return;
        byte[] bytes = new byte[stream.Length - from];
        if (!zeros) Random.Shared.NextBytes(bytes);
        stream.Position = from;
        stream.Write(bytes);
    }

    /// <summary>Segments on disk that the box does not know within the limit; the judge has their hashes.</summary>
    private static async Task<int> ForgottenAsync(DrillBox box, IEnumerable<Guid> disk, CancellationToken cancellation)
    {
        HashSet<Guid> missing = [.. disk];
        try
        {
            await Readiness.WaitAsync(
                "the index is rebuilt",
                async token =>
                {
                    foreach (CameraSpec camera in box.Judge.Cameras)
                        foreach (BoxSegment segment in await box.Box.SegmentsAsync(camera.Name, token))
                            if (!segment.Open) missing.Remove(segment.Id);
                    return missing.RemoveWhere(id => !DiskSegment.Scan([box.Box.Recordings]).ContainsKey(id)) >= 0 && missing.Count == 0;
                },
                Limit, null, cancellation);
        }
        catch (ProcessException)
        {
            return missing.Count;
        }

        return 0;
    }
}
