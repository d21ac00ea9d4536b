using System.Data;
using System.Diagnostics;
using System.Globalization;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;
using NodaTime;
using Npgsql;

namespace Heldar.Local.FleetSim;

/// <summary>Simulated boxes against a real fleet, from enrolment to verdict: a stack of its own in a folder, or one that is there.</summary>
internal sealed class FleetSimRun(FleetSimOptions options, Action<string> say)
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

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
        Instant start = SystemClock.Instance.GetCurrentInstant();
        string file = Path.Combine(options.Folder, $"fleet-sim-{start.ToUnixTimeMilliseconds()}.jsonl");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5), MaxConnectionsPerServer = 64 }) { Timeout = TimeSpan.FromSeconds(20) };
        using var log = new SimLog(file);
        log.Write(new SimLine { Kind = "run", At = start, Note = string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}, {options.Boxes} boxes, {options.Cameras} cameras, {options.Rate} events/s, {options.Seconds} s, outages {options.Outages}") });
        List<SimBox> boxes = [.. Enumerable.Range(0, options.Boxes).Select(number => new SimBox(new SimBoxParts(number, options, start, log, http, fleet)))];
        try
        {
            for (var i = 0; i < boxes.Count; i++) boxes[i].Neighbour = boxes.Count > 1 ? boxes[(i + 1) % boxes.Count] : null;
            await desk.MakeSiteAsync(cancellation);
            foreach (SimBox box in boxes) await box.EnrolAsync(await desk.TokenAsync(cancellation), cancellation);
            say($"{boxes.Count} boxes are enrolled; they tell for {options.Seconds} s; log: {file}");
            long began = Stopwatch.GetTimestamp();
            Task work = Task.WhenAll(boxes.Select(box => box.RunAsync(cancellation)));
            while (await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(5), cancellation)) != work)
                say($"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s: {boxes.Sum(b => b.Messages)} messages, {boxes.Sum(b => b.Repeats)} again, {boxes.Sum(b => b.Backlog)} to go, {boxes.Sum(b => b.Failures)} failures");
            await work;
            FleetSimReport report = Sum(boxes, file, Stopwatch.GetElapsedTime(began));
            return database is null ? report with { Problems = [.. report.Problems, "not judged: no --database"] } : await JudgeAsync(report, file, database, storage, cancellation);
        }
        finally
        {
            foreach (SimBox box in boxes) box.Dispose();
        }
    }

    private FleetSimReport Sum(List<SimBox> boxes, string file, TimeSpan took)
    {
        int behind = boxes.Count(b => b.Backlog > 0);
        List<SimLine> puts = [.. SimLog.Read(file).Where(l => l is { Kind: "accepted", Put: 1 })];
        return new FleetSimReport
        {
            FleetSim = boxes.Count,
            Seed = options.Seed,
            Seconds = Math.Round(took.TotalSeconds, 1),
            Messages = boxes.Sum(b => b.Messages),
            Repeats = boxes.Sum(b => b.Repeats),
            MessagesPerSecond = Math.Round(puts.Count / (double)options.Seconds, 2),
            Failures = boxes.Sum(b => b.Failures),
            ClockRefusals = boxes.Sum(b => b.SkewRefusals),
            BoxesBehind = behind,
            DrainSeconds = Math.Round(Math.Max(0, took.TotalSeconds - options.Seconds), 1),
            Log = file,
            Types = SimLog.Read(file).Where(l => l.Kind == "event").CountBy(l => l.Type!).OrderBy(t => t.Key, StringComparer.Ordinal).ToDictionary(t => t.Key, t => t.Value),
            Queues = puts.CountBy(l => l.Queue!).OrderBy(q => q.Key, StringComparer.Ordinal).ToDictionary(q => q.Key, q => q.Value),
            FlushSeconds = boxes.SelectMany(b => b.Open).GroupBy(o => o.Key, o => o.Value, StringComparer.Ordinal).OrderBy(q => q.Key, StringComparer.Ordinal)
                .ToDictionary(q => q.Key, q => Math.Round(q.Sum(o => o.Seconds) / q.Sum(o => o.Batches), 3)),
            Problems = behind == 0 ? [] : [$"the cloud did not have everything of {behind} boxes within {options.DrainSeconds} s"],
        };
    }

    private async Task<FleetSimReport> JudgeAsync(FleetSimReport report, string file, string database, string? storage, CancellationToken cancellation)
    {
        SimLedger ledger = SimLedger.Of(SimLog.Read(file));
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(cancellation);
        say("proving the judge");
        IReadOnlyList<string> proved = await IndexJudgeProof.RunAsync(connection, storage, ledger, cancellation);
        say($"judging {ledger.Sent.Count} events");
        IndexVerdict verdict;
        long began = Stopwatch.GetTimestamp();

        // Marked batches are applied; a dead letter or a repeat may still be on its way.
        while (!(verdict = await OnceAsync(connection, storage, ledger, cancellation)).Ok && Stopwatch.GetElapsedTime(began) < Settle)
            await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
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

    /// <summary>Within one snapshot: the index goes on folding hours meanwhile.</summary>
    private static async Task<IndexVerdict> OnceAsync(NpgsqlConnection connection, string? storage, SimLedger ledger, CancellationToken cancellation)
    {
        await using NpgsqlTransaction snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        return IndexJudge.Judge(ledger, await IndexFacts.ReadAsync(connection, storage, ledger, cancellation));
    }

    /// <summary>By nearest rank; null for nothing.</summary>
    internal static double? Percentile(IReadOnlyList<double> sorted, double share) => sorted.Count == 0 ? null : Math.Round(sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)], 1);
}
