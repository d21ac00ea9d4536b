using Heldar.Local.Emulator;
using Heldar.Local.Processes;

namespace Heldar.Local.FleetSim;

/// <summary>Simulated boxes against a real fleet, from enrolment to verdict: a stack of its own in a folder, or one that is there.</summary>
internal sealed class FleetSimRun(FleetSimOptions options, Action<string> say)
{
    public async Task<FleetSimReport> RunAsync(CancellationToken cancellation)
    {
        if (options.Fleet is { } fleet)
        {
            using var desk = new TokenDesk(fleet);
            await desk.SignInAsync(options.User!, options.Password!, cancellation);
            return await RunAsync(fleet, desk, options.Database, options.Storage, cancellation);
        }

        try
        {
            return await WithOwnStackAsync(cancellation);
        }
        finally
        {
            if (options.Throwaway) SimFolder.Clear(options.Folder);
        }
    }

    private async Task<FleetSimReport> WithOwnStackAsync(CancellationToken cancellation)
    {
        var stackOptions = new StackOptions(options.Folder) { Sites = 0, Cameras = [], SignInsPerMinute = 10_000 };
        await using Stack stack = await Stack.StartAsync(stackOptions, say, cancellation);
        using var desk = new TokenDesk(stack.Fleet);
        string code = await stack.SetupCodeAsync(cancellation) ?? throw new ProcessException($"{options.Folder} has an account already: give the simulator a --data folder of its own");
        await desk.SetUpAsync(code, cancellation);
        return await RunAsync(stack.Fleet, desk, stack.Database, stack.Storage, cancellation);
    }

    private async Task<FleetSimReport> RunAsync(Uri fleet, TokenDesk desk, string? database, string? storage, CancellationToken cancellation)
    {
        using var boxes = new SimFleet(options, fleet, say);
        await boxes.EnrolAsync(desk, cancellation);
        FleetSimReport report = Sum(boxes, await boxes.RunAsync(cancellation));
        if (database is null) return report with { Problems = [.. report.Problems, "not judged: no --database"] };
        SimLedger ledger = boxes.Ledger;
        var trial = new IndexTrial(database, storage);
        say("proving the judge");
        IReadOnlyList<string> proved = await trial.ProveAsync(ledger, cancellation);
        say($"judging {ledger.Sent.Count} events");
        IndexVerdict verdict = await trial.JudgeAsync(ledger, cancellation);
        return report with
        {
            EventsSent = verdict.EventsSent,
            EventsLost = verdict.EventsLost,
            AppliedTwice = verdict.AppliedTwice,
            IndexMismatches = verdict.IndexMismatches,
            BatchesLost = verdict.BatchesLost,
            Refused = verdict.Refused,
            AppliedP50Ms = Percentile(verdict.AppliedMs, 0.5),
            AppliedP95Ms = Percentile(verdict.AppliedMs, 0.95),
            Proved = proved,
            Problems = [.. report.Problems, .. verdict.Problems],
        };
    }

    private FleetSimReport Sum(SimFleet boxes, TimeSpan took)
    {
        List<SimLine> puts = [.. SimLog.Read(boxes.LogFile).Where(l => l is { Kind: "accepted", Put: 1 })];
        return new FleetSimReport
        {
            FleetSim = options.Boxes,
            Seed = options.Seed,
            Seconds = Math.Round(took.TotalSeconds, 1),
            Messages = boxes.Messages,
            Repeats = boxes.Repeats,
            MessagesPerSecond = Math.Round(puts.Count / (double)options.Seconds, 2),
            Failures = boxes.Failures,
            ClockRefusals = boxes.ClockRefusals,
            BoxesBehind = boxes.Behind,
            DrainSeconds = Math.Round(Math.Max(0, took.TotalSeconds - options.Seconds), 1),
            Log = boxes.LogFile,
            Types = SimLog.Read(boxes.LogFile).Where(l => l.Kind == "event").CountBy(l => l.Type!).OrderBy(t => t.Key, StringComparer.Ordinal).ToDictionary(t => t.Key, t => t.Value),
            Queues = puts.CountBy(l => l.Queue!).OrderBy(q => q.Key, StringComparer.Ordinal).ToDictionary(q => q.Key, q => q.Value),
            FlushSeconds = boxes.FlushSeconds(),
            Problems = boxes.Behind == 0 ? [] : [$"the cloud did not have everything of {boxes.Behind} boxes within {options.DrainSeconds} s"],
        };
    }

    /// <summary>By nearest rank; null for nothing.</summary>
    internal static double? Percentile(IReadOnlyList<double> sorted, double share) => sorted.Count == 0 ? null : Math.Round(sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)], 1);
}
