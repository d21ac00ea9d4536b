using System.Diagnostics;
using System.Globalization;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>
/// Sixteen cameras, 5 minutes of warm-up, then 30 minutes in which the box's own memory must not grow: at most 5 MB per hour by a robust fit. Pages of files that are mapped (programs
/// and libraries) are the kernel's to drop and to read again, and are told beside it. Nothing may be lost meanwhile. In the short form the slope is told but not judged: it is the warm-up.
/// </summary>
internal sealed class SoakDrill : Drill
{
    private const double MostMbPerHour = 5;
    private const int LeakMbPerHour = 8;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override string Name => "soak";

    /// <inheritdoc/>
    public override string Run => "one measurement of 30 minutes, 12 s in the short form; --runs does not change it";

    /// <inheritdoc/>
    public override int Cameras => 16;

    /// <inheritdoc/>
    public override async Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation)
    {
        await ProveAsync(stage, cancellation);
        Prove();
        var judge = new RecordingJudge(stage.Cameras(Cameras));
        await using DrillBox box = await DrillBox.CreateAsync(stage, new LoneBoxOptions(Path.Combine(stage.Folder, Name), options.Quick ? 4 : 10), judge, cancellation);
        await box.StartAsync(cancellation);
        await box.FragmentAsync(all: true, cancellation);
        await SampleAsync(stage, box, "warming up", TimeSpan.FromSeconds(options.Quick ? 8 : 300), cancellation);
        List<(double Seconds, long Own, long Resident)> all = await SampleAsync(stage, box, "measuring", TimeSpan.FromSeconds(options.Quick ? 12 : 1800), cancellation);
        double slope = MemorySlope.MbPerHour([.. all.Select(sample => (sample.Seconds, sample.Own))]);
        double resident = MemorySlope.MbPerHour([.. all.Select(sample => (sample.Seconds, sample.Resident))]);
        DrillReport report = new DrillReport { Drill = Name, Runs = 1, MemorySlopeMbPerH = Math.Round(slope, 2), Proved = ["leak"] }.With(await box.EndAsync(cancellation));
        return (report with { More = Figures(all, slope, resident) })
            .Check(options.Quick || slope <= MostMbPerHour, string.Create(CultureInfo.InvariantCulture, $"memory grows by {slope:0.0} MB per hour"));
    }

    private static Dictionary<string, object> Figures(List<(double Seconds, long Own, long Resident)> all, double own, double resident) => new()
    {
        ["judged"] = "own memory: RssAnon + RssShmem + VmSwap. Resident memory (VmRSS) also counts pages of mapped files, such as programs and the database's index: they come back from disk when the kernel drops them",
        ["own_mb"] = Math.Round(all[^1].Own / 1e6, 1),
        ["own_slope_mb_per_h"] = Math.Round(own, 2),
        ["rss_mb"] = Math.Round(all[^1].Resident / 1e6, 1),
        ["rss_slope_mb_per_h"] = Math.Round(resident, 2),
        ["samples"] = all.Count,
    };

    /// <summary>A leak in noise must be found, and noise alone must not.</summary>
    private static void Prove()
    {
        List<(double Seconds, long Bytes)> noise = [.. Enumerable.Range(0, 1800).Select(second => ((double)second, 180_000_000L + (second % 97 * 40_000L) + (second % 400 == 0 ? 30_000_000 : 0)))];
        List<(double Seconds, long Bytes)> leak = [.. noise.Select(sample => (sample.Seconds, sample.Bytes + (long)(sample.Seconds * LeakMbPerHour * 1e6 / 3600)))];
        if (MemorySlope.MbPerHour(noise) > MostMbPerHour || MemorySlope.MbPerHour(leak) <= MostMbPerHour) throw new ProcessException("the fit does not tell a leak from noise");
    }

    private static async Task<List<(double Seconds, long Own, long Resident)>> SampleAsync(DrillStage stage, DrillBox box, string what, TimeSpan time, CancellationToken cancellation)
    {
        List<(double Seconds, long Own, long Resident)> samples = [];
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Period);
        while (watch.Elapsed < time && await timer.WaitForNextTickAsync(cancellation))
        {
            if (box.Box.Pid is not { } pid) throw new ProcessException($"the box does not run any more; {LogTail.Describe(box.Box.LogFile)}");
            (long own, long resident) = Memory(pid);
            samples.Add((watch.Elapsed.TotalSeconds, own, resident));
            if (samples.Count % 60 == 0) stage.Say(string.Create(CultureInfo.InvariantCulture, $"soak: {what}, {samples.Count} s of {time.TotalSeconds:0}, {own / 1e6:0.0} MB of its own, {resident / 1e6:0.0} MB resident"));
        }

        return samples;
    }

    /// <summary>
    /// Bytes of /proc/PID/status (proc(5)): own = RssAnon, RssShmem (the runtime's code lies in shared memory) and VmSwap; resident = VmRSS.
    /// </summary>
    private static (long Own, long Resident) Memory(int pid)
    {
        var fields = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status")).Select(line => line.Split([':', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts.Length == 3 && parts[2] == "kB").ToDictionary(parts => parts[0], parts => long.Parse(parts[1], CultureInfo.InvariantCulture) * 1024);
        return (fields["RssAnon"] + fields["RssShmem"] + fields["VmSwap"], fields["VmRSS"]);
    }
}
