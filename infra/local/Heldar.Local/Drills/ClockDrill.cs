using System.Globalization;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;

namespace Heldar.Local.Drills;

/// <summary>
/// The box's clock is wrong: it jumps under the running program and back, and the program starts with it. libfaketime moves the real program's wall clock by a
/// file that it reads again; the monotonic clock, the cameras and the judge keep the real time. Footage is kept for one hour only, so that every jump tempts the box.
/// No jump and no start may cost a frame: whatever the cameras sent must be on disk, in two runs.
/// </summary>
internal sealed class ClockDrill : Drill
{
    /// <summary>Longer than the time between two sweeps of the box.</summary>
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(65);
    private static readonly TimeSpan BeforeBorder = TimeSpan.FromSeconds(4);

    /// <inheritdoc/>
    public override string Name => "clock";

    /// <inheritdoc/>
    public override string Run => "one jump of the clock, there and back, and a start with it; --runs counts rounds of six jumps";

    /// <inheritdoc/>
    public override int Cameras => 2;

    /// <inheritdoc/>
    public override string? Obstacle => Library is null ? "libfaketime is not installed" : null;

    private static string? Library =>
        Directory.EnumerateDirectories("/usr/lib").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);

    /// <inheritdoc/>
    public override async Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation)
    {
        await ProveAsync(stage, cancellation);
        string folder = Path.Combine(stage.Folder, Name), offset = Path.Combine(stage.Folder, "clock-offset");
        var judge = new RecordingJudge(stage.Cameras(Cameras));
        var boxOptions = new LoneBoxOptions(folder, 2)
        {
            Extra = "retention:\n  hours: 1\n",
            Environment = new Dictionary<string, string?>
            {
                ["LD_PRELOAD"] = Library,
                ["FAKETIME_TIMESTAMP_FILE"] = offset,
                ["FAKETIME_CACHE_DURATION"] = "1",
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",

                // Otherwise it moves the deadlines of waits on the monotonic clock too (.NET's all are): they end at once, or in years.
                ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
                ["NO_FAKE_STAT"] = "1",
            },
        };
        Move(offset, TimeSpan.Zero);
        await using DrillBox box = await DrillBox.CreateAsync(stage, boxOptions, judge, cancellation);
        await box.StartAsync(cancellation);
        await box.FragmentAsync(all: true, cancellation);
        await box.SegmentsAsync(2, cancellation);
        int runs = 0;
        for (int round = 0; round < options.RunsOr(1, quick: 1); round++)
        {
            foreach ((string name, Func<DateTimeOffset, TimeSpan> by) in Jumps())
            {
                await box.TellAsync(all: true, cancellation);
                TimeSpan jump = by(TimeProvider.System.GetUtcNow());
                Move(offset, jump);
                await StayAsync(box, options, cancellation);
                await box.TellAsync(all: true, cancellation);

                // A box that starts with the wrong time, as after an empty battery; its first sweep is at once.
                await box.StopAsync(cancellation);
                await box.StartAsync(cancellation);
                await box.FragmentAsync(all: true, cancellation);
                if (!options.Quick) await StayAsync(box, options, cancellation);
                await box.TellAsync(all: true, cancellation);
                Move(offset, TimeSpan.Zero);
                await box.SegmentsAsync(2, cancellation);
                runs++;
                stage.Say(string.Create(CultureInfo.InvariantCulture, $"{Name} {name}: moved by {jump.TotalHours:0.00} h and back"));
            }
        }

        await box.TellAsync(all: true, cancellation);
        if (!options.Quick) await Task.Delay(Sweep, cancellation);
        RecordingVerdict verdict = await box.EndAsync(cancellation);
        DrillReport report = new DrillReport { Drill = Name, Runs = runs }.With(verdict);
        return (report with { DeletedByClock = verdict.Gone, More = new Dictionary<string, object> { ["clock"] = "libfaketime" } })
            .Check(verdict.Gone == 0, $"{verdict.Gone} closed segments are gone");
    }

    private static IEnumerable<(string Name, Func<DateTimeOffset, TimeSpan> By)> Jumps() =>
    [
        ("-1 h", _ => TimeSpan.FromHours(-1)),
        ("+1 h", _ => TimeSpan.FromHours(1)),
        ("1970", now => DateTimeOffset.UnixEpoch.AddMinutes(1) - now),
        ("+10 years", now => now.AddYears(10) - now),

        // Europe/Berlin, the box's zone, goes forward and back at these moments.
        ("daylight saving begins", now => new DateTimeOffset(now.Year + 1, 3, LastSunday(now.Year + 1, 3), 1, 0, 0, TimeSpan.Zero) - BeforeBorder - now),
        ("daylight saving ends", now => new DateTimeOffset(now.Year + 1, 10, LastSunday(now.Year + 1, 10), 1, 0, 0, TimeSpan.Zero) - BeforeBorder - now),
    ];

    private static int LastSunday(int year, int month)
    {
        int last = DateTime.DaysInMonth(year, month);
        return last - (int)new DateOnly(year, month, last).DayOfWeek;
    }

    private static async Task StayAsync(DrillBox box, DrillOptions options, CancellationToken cancellation)
    {
        if (!options.Quick) await Task.Delay(Sweep, cancellation);
        await box.SegmentsAsync(2, cancellation);
    }

    private static void Move(string file, TimeSpan by)
    {
        File.WriteAllText(file + ".making", string.Create(CultureInfo.InvariantCulture, $"{(by < TimeSpan.Zero ? "" : "+")}{(long)by.TotalSeconds}\n"));
        File.Move(file + ".making", file, overwrite: true);
    }
}
