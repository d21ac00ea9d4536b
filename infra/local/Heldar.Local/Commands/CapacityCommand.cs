using System.CommandLine;
using Heldar.Local.Capacity;
using Heldar.Local.Emulator;
using Heldar.Local.FleetSim;
using Heldar.Local.Processes;
using NodaTime;
using Spectre.Console;

namespace Heldar.Local.Commands;

/// <summary><c>heldar capacity</c>.</summary>
internal static class CapacityCommand
{
    private const int TableWidth = 150;

    private const string Help = """
        Work out what a fleet needs: messages per second, storage accounts, instances, latency, storage and cost per camera-month, from the platform's published limits
        and a dated file of prices, which are assumptions. Without --boxes for 100, 1,000 and 10,000 boxes; always for both profiles (flush after 1 s, and economy: 10 s).
        --check N compares the model with a measured run of the real pipeline with N simulated boxes; exit code 0 only when they agree within 20 %.
        """;

    public static Command Create()
    {
        var defaults = new CapacityInput();
        var boxes = new Option<int?>("--boxes") { Description = "boxes, 1 to 1000000" };
        var cameras = new Option<int>("--cameras") { Description = "cameras per box", DefaultValueFactory = _ => defaults.Cameras };
        var megabits = new Option<double>("--megabits") { Description = "bitrate of a camera, Mbit/s", DefaultValueFactory = _ => defaults.Megabits };
        var segment = new Option<double>("--segment-seconds") { Description = "length of a segment, 2 to 300", DefaultValueFactory = _ => defaults.SegmentSeconds };
        var days = new Option<double>("--retention-days") { Description = "how long boxes keep footage", DefaultValueFactory = _ => defaults.RetentionDays };
        var detections = new Option<double>("--detections-per-hour") { Description = "frames with something in them, per camera", DefaultValueFactory = _ => defaults.DetectionsPerHour };
        var snapshots = new Option<double>("--snapshots-per-hour") { Description = "stills, per camera", DefaultValueFactory = _ => defaults.SnapshotsPerHour };
        var prices = new Option<string?>("--prices") { Description = "a price file of your own; see infra/local/Heldar.Local/Capacity/prices.json" };
        var check = new Option<int?>("--check") { Description = "compare with a run of this many simulated boxes, 1 to 1000" };
        var seconds = new Option<int>("--seconds") { Description = "length of the run of --check", DefaultValueFactory = _ => 30 };
        var rate = new Option<double>("--rate") { Description = "events per second and box of the run of --check", DefaultValueFactory = _ => 2 };
        var json = new Option<bool>("--json") { Description = "one JSON object per line" };
        var command = new Command("capacity", Help) { boxes, cameras, megabits, segment, days, detections, snapshots, prices, check, seconds, rate, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            Prices file = Prices.Read(parsed.GetValue(prices));
            if (parsed.GetValue(check) is { } simulated)
            {
                var options = new FleetSimOptions(simulated, SimFolder.Create()) { Throwaway = true, Seconds = parsed.GetValue(seconds), Rate = parsed.GetValue(rate), Flush = Duration.FromSeconds(1) };
                return await CheckAsync(options, file, cancellation);
            }

            var input = defaults with
            {
                Cameras = parsed.GetValue(cameras),
                Megabits = parsed.GetValue(megabits),
                SegmentSeconds = parsed.GetValue(segment),
                RetentionDays = parsed.GetValue(days),
                DetectionsPerHour = parsed.GetValue(detections),
                SnapshotsPerHour = parsed.GetValue(snapshots),
            };
            IReadOnlyList<int> sizes = parsed.GetValue(boxes) is { } wanted ? [wanted] : CapacityReport.Sizes;
            var results = sizes.SelectMany(size => CapacityReport.Profiles.Select(p => (p.Name, Input: input with { Boxes = size, FlushSeconds = p.FlushSeconds }))).ToList();
            if (results.SelectMany(r => r.Input.Mistakes()).Distinct().ToList() is { Count: > 0 } mistakes) throw new ProcessException(string.Join("; ", mistakes));
            Show([.. results.Select(r => (r.Name, CapacityModel.Of(r.Input, file)))], file, parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static void Show(IReadOnlyList<(string Profile, CapacityResult Result)> results, Prices prices, bool json)
    {
        if (json)
        {
            foreach (var (profile, result) in results) Console.Out.WriteLine(CapacityReport.Json(profile, result, prices));
            return;
        }

        // Columns are never broken: a narrow terminal breaks lines, a file takes them as they are.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, TableWidth);
        var table = new Table().Border(TableBorder.Simple);
        foreach (string head in CapacityReport.Heads(prices)) table.AddColumn(new TableColumn(Markup.Escape(head)).RightAligned().NoWrap());
        foreach (var (profile, result) in results) table.AddRow([.. CapacityReport.Row(profile, result).Select(Markup.Escape)]);
        AnsiConsole.Write(table);
        foreach (string obstacle in results.SelectMany(r => r.Result.Obstacles.Select(o => $"{r.Result.Input.Boxes} boxes, {r.Profile}: {o}"))) Console.Out.WriteLine(obstacle);
        Console.Out.WriteLine($"Prices of {prices.Date} in {prices.Currency}. {prices.Note}");
    }

    private static async Task<int> CheckAsync(FleetSimOptions options, Prices prices, CancellationToken cancellation)
    {
        if (options.Mistakes() is { Count: > 0 } mistakes) throw new ProcessException(string.Join("; ", mistakes));
        await StackPrerequisites.EnsureCloudAsync(Console.Error.WriteLine, cancellation);
        FleetSimReport run = await new FleetSimRun(options, Console.Error.WriteLine).RunAsync(cancellation);
        CapacityCheckReport report = CapacityCheck.Compare(options, run, prices);
        Console.Out.WriteLine(report.ToJson());
        return report.Ok ? 0 : 1;
    }
}
