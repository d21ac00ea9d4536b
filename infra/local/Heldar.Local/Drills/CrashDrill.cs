using System.Diagnostics;
using System.Globalization;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>
/// The box dies without warning, 0 to 5 s after the first fragment of any camera, starts again, and dies again. Afterwards every segment must be readable, nothing that
/// was closed lost or changed, at most 2 s lost per camera and crash, nothing twice, and every hole explained.
/// </summary>
internal abstract class CrashDrill : Drill
{
    private const int MostWaitMs = 5000;
    private static readonly TimeSpan LeastTell = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public override int Cameras => 8;

    /// <inheritdoc/>
    public override async Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation)
    {
        await ProveAsync(stage, cancellation);
        int runs = options.RunsOr(Full, quick: 3);
        await using ICrashSite site = await PrepareAsync(stage, cancellation);
        var judge = new RecordingJudge(stage.Cameras(Cameras));
        var boxOptions = new LoneBoxOptions(site.Folder, options.Quick ? 2 : 4) { LogFile = Path.Combine(stage.Folder, Name + ".log") };
        await using DrillBox box = await DrillBox.CreateAsync(stage, boxOptions, judge, cancellation);
        await site.SettleAsync(cancellation);
        BoxHold? hold = null;
        List<int> waits = [];
        for (int run = 1; run <= runs; run++)
        {
            await box.StartAsync(cancellation);

            // Before the first fragment, so that no answer delays a kill that is to come at once.
            TimeSpan took = await TellAsync(box, cancellation);
            await box.FragmentAsync(all: false, cancellation);
            long fragment = Stopwatch.GetTimestamp();
            var moment = TimeSpan.FromMilliseconds(Random.Shared.Next(MostWaitMs));
            hold ??= await box.Box.HoldAsync(judge.Cameras[0].Name, TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow().AddSeconds(20), cancellation);

            // What was closed until just before the moment is told too, where there is time for it.
            if (await UntilAsync(fragment, moment - (took > LeastTell ? 2 * took : 2 * LeastTell), cancellation)) await TellUntilAsync(box, fragment, moment, cancellation);
            await UntilAsync(fragment, moment, cancellation);
            waits.Add((int)Stopwatch.GetElapsedTime(fragment).TotalMilliseconds);
            judge.Killed(await site.CrashAsync(box.Box, cancellation));
            if (runs <= 20 || run % 10 == 0) stage.Say(string.Create(CultureInfo.InvariantCulture, $"{Name} {run} of {runs}, {waits[^1]} ms after the first fragment"));
        }

        await box.StartAsync(cancellation);
        await box.FragmentAsync(all: true, cancellation);
        int holdsLost = (await box.Box.HoldsAsync(cancellation)).Any(there => there.Id == hold!.Id) ? 0 : 1;
        RecordingVerdict verdict = await box.EndAsync(cancellation);
        DrillReport report = new DrillReport { Drill = Name, Runs = runs, More = Figures(site, waits) }.With(verdict);
        return (report with { HeldLost = report.HeldLost + holdsLost }).Check(holdsLost == 0, "the hold is gone").Check(site.Problem is null, site.Problem ?? "");
    }

    private static async Task<TimeSpan> TellAsync(DrillBox box, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        await box.TellAsync(all: false, cancellation);
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>What has been answered at the moment counts; a slow answer does not delay it.</summary>
    private static async Task TellUntilAsync(DrillBox box, long start, TimeSpan moment, CancellationToken cancellation)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        TimeSpan left = moment - Stopwatch.GetElapsedTime(start);
        late.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        try
        {
            await box.TellAsync(all: false, late.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The moment has come.
        }
    }

    /// <summary>Waits until so long after a moment; false, and no wait, when that is over.</summary>
    private static async Task<bool> UntilAsync(long start, TimeSpan after, CancellationToken cancellation)
    {
        TimeSpan left = after - Stopwatch.GetElapsedTime(start);
        if (left <= TimeSpan.Zero) return false;
        await Task.Delay(left, cancellation);
        return true;
    }

    private static Dictionary<string, object> Figures(ICrashSite site, List<int> waits) => new(site.Figures ?? new Dictionary<string, object>())
    {
        ["earliest_ms"] = waits.Min(),
        ["latest_ms"] = waits.Max(),
        ["within_first_500_ms"] = waits.Count(wait => wait < 500),
    };

    /// <summary>Runs of the full form.</summary>
    protected abstract int Full { get; }

    /// <summary>Makes the place where the box records.</summary>
    protected abstract Task<ICrashSite> PrepareAsync(DrillStage stage, CancellationToken cancellation);
}

/// <summary>Where a box records that will crash.</summary>
internal interface ICrashSite : IAsyncDisposable
{
    /// <summary>The box's folder.</summary>
    string Folder { get; }

    /// <summary>Figures for the report.</summary>
    IReadOnlyDictionary<string, object>? Figures { get; }

    /// <summary>The accident was not what it claims to be; null when it was.</summary>
    string? Problem { get; }

    /// <summary>What is there now survives everything.</summary>
    Task SettleAsync(CancellationToken cancellation);

    /// <summary>The accident; returns the moment after which nothing was kept. Afterwards the box can be started again.</summary>
    /// <exception cref="ProcessException">The box did not run any more.</exception>
    Task<DateTimeOffset> CrashAsync(LoneBox box, CancellationToken cancellation);
}
