using System.Diagnostics;
using Heldar.Cloud.Webhooks;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.FleetSim;
using Heldar.Local.Processes;
using NodaTime;

namespace Heldar.Local.Drills;

/// <summary>
/// The cloud's parts are killed in turn while simulated boxes tell events of every class, and in the long form a real box records; then everything is told again in any
/// order. Nothing may be lost, applied twice or wrong, in the index and at a webhook receiver, by the boxes' own log and the real box's files.
/// </summary>
internal sealed class PipelineDrill : Drill
{
    private const int RealCameras = 2;
    private const int LogLines = 500;
    private const int Seed = 4;
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Down = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RealBoxLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan QueueLimit = TimeSpan.FromMinutes(8);

    /// <inheritdoc/>
    public override string Name => "pipeline";

    /// <inheritdoc/>
    public override string Run => "one kill of a part of the cloud";

    /// <inheritdoc/>
    public override int Cameras => 0;

    /// <inheritdoc/>
    public override async Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation)
    {
        int kills = options.RunsOr(25, quick: Accidents.Victims.Count);
        await using CloudStage cloud = await CloudStage.StartAsync(stage, Name, options.Quick ? [] : CameraSpec.Varied(RealCameras), cancellation);
        await using HookTrial hooks = await HookTrial.StartAsync(cloud.Desk, cloud.Stack.Database, Seed, cancellation);
        IReadOnlyList<string> proved = await cloud.ProveAsync(hooks, cancellation);
        DrillReport report = await StormAsync(cloud, hooks, Storm(cloud.Stack.Folder.Root, options.Quick, kills), kills, stage.Say, cancellation) with { Proved = proved };
        return cloud.Stack.Boxes.Count == 0 ? report : await WithRealBoxAsync(report, cloud, stage.Say, cancellation);
    }

    private static FleetSimOptions Storm(string folder, bool quick, int kills) => new(quick ? 8 : 12, folder)
    {
        Seconds = kills * (quick ? 5 : 8),
        Rate = 15,
        Outages = true,
        Replace = false,
        Remember = true,
        DrainSeconds = 300,
        ResendAfter = Duration.FromSeconds(quick ? 4 : 15),
        Seed = Seed,
    };

    private static async Task<DrillReport> StormAsync(CloudStage cloud, HookTrial hooks, FleetSimOptions options, int kills, Action<string> say, CancellationToken cancellation)
    {
        using var boxes = new SimFleet(options, cloud.Stack.Fleet, say);
        await boxes.EnrolAsync(cloud.Desk, cancellation);
        var accidents = new Accidents(cloud.Stack, what =>
        {
            say(what);
            boxes.Note("outage", what);
        });
        Task<TimeSpan> told = boxes.RunAsync(cancellation);
        await accidents.RunAsync(kills, Calm, Down, cancellation);
        TimeSpan took = await told;
        int behind = boxes.Behind;
        IReadOnlyList<string> missing = behind == 0
            ? []
            : [.. boxes.DescribeMissing(), await new QueueGauge(cloud.Stack.Storage).DescribeAsync("", cancellation), PutBacks.Describe(LogTail.Read(cloud.Stack.Folder.Log("functions"), LogLines))];
        foreach (string one in missing) say(one);
        int owed = hooks.Missing(boxes.Ledger);
        int again = await boxes.TellAgainAsync(cancellation);
        say($"{again} messages were told again in any order");
        int leased = await new QueueGauge(cloud.Stack.Storage).SettleAsync(QueueLimit, "", cancellation);
        SimLedger ledger = boxes.Ledger;
        say($"judging {ledger.Sent.Count} events");
        IndexVerdict verdict = await cloud.Trial.JudgeAsync(ledger, cancellation);
        say("judging what was delivered");
        HookVerdict delivered = await hooks.JudgeAsync(ledger, cancellation);
        return new DrillReport
        {
            Drill = "pipeline",
            Runs = kills,
            More = new Dictionary<string, object>
            {
                ["boxes"] = options.Boxes,
                ["messages"] = boxes.Messages,
                ["repeats"] = boxes.Repeats,
                ["told_again"] = again,
                ["failures"] = boxes.Failures,
                ["kills"] = accidents.Kills,
                ["batches_lost"] = verdict.BatchesLost,
                ["refused"] = verdict.Refused,
                ["drain_seconds"] = Math.Round(Math.Max(0, took.TotalSeconds - options.Seconds), 1),
                ["left_to_leases"] = leased,
                ["deliveries_refused"] = delivered.Refused,
                ["deliveries_left_to_retelling"] = owed,
                ["box_files"] = 0,
            },
        }.With(verdict).With(delivered)
            .Check(delivered.Expected > 0 && delivered.Refused > 0, "nothing was delivered, or nothing was delivered by a second try")
            .Check(delivered.Again <= kills * EndpointGates.MaxCalls, $"{delivered.Again} deliveries came again, more than {kills} kills can cut off")
            .Check(ledger.Sent.Count > 0 && again > 0, "nothing was sent")
            .Check(behind == 0, $"the cloud did not have everything of {behind} boxes within {options.DrainSeconds} s: {string.Join("; ", missing)}")
            .Check(kills < Accidents.Victims.Count || accidents.Kills.Values.All(count => count > 0), "not every part was killed");
    }

    /// <summary>Ends the cameras' media, waits until the index has what is on the box's disk, and compares.</summary>
    private static async Task<DrillReport> WithRealBoxAsync(DrillReport report, CloudStage cloud, Action<string> say, CancellationToken cancellation)
    {
        say("ending the cameras' media and comparing the box's files");
        Stack stack = cloud.Stack;
        foreach (CameraSpec camera in stack.CameraSpecs) await stack.Cameras.StallAsync(camera.Name, cancellation);
        await Task.Delay(TimeSpan.FromSeconds(1.5), cancellation);
        foreach (CameraSpec camera in stack.CameraSpecs) await stack.Cameras.KillAsync(camera.Name, cancellation);
        long began = Stopwatch.GetTimestamp();
        IReadOnlyList<BoxFile> files;
        List<IndexFact> facts;
        IndexVerdict verdict;
        do
        {
            await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
            files = await BoxFiles.ReadAsync(stack.Boxes[0].Recordings, cancellation);
            facts = [.. (await cloud.Trial.ReadOthersAsync(TokenDesk.Site, cancellation)).ByKey.SelectMany(f => f)];
            verdict = BoxFiles.Compare(files, facts);
        }
        while ((!verdict.Ok || files.Count == 0) && Stopwatch.GetElapsedTime(began) < RealBoxLimit);

        report = (report with { More = new Dictionary<string, object>(report.More!) { ["box_files"] = files.Count } }).With(verdict).Check(files.Count > 0, "the real box recorded nothing");
        if (!verdict.Ok || files.Count == 0) return report;
        IndexFact first = facts.First(f => f.Key.EndsWith($"/{files[0].Segment}", StringComparison.Ordinal));
        bool bites = BoxFiles.Compare(files, facts.Where(f => f.Key != first.Key)).EventsLost == 1 && BoxFiles.Compare(files, [.. facts, first]).AppliedTwice == 1;
        return (report with { Proved = [.. report.Proved, "file_loss", "file_duplicate"] }).Check(bites, "the judge of files does not find one loss and one duplicate");
    }
}
