using System.CommandLine;
using System.Globalization;
using Heldar.Local.Capacity;
using Heldar.Local.Emulator;
using Heldar.Local.FleetSim;
using Heldar.Local.Processes;
using NodaTime;
using NodaTime.Text;
using Spectre.Console;

namespace Heldar.Local.Commands;

/// <summary><c>heldar capacity</c>.</summary>
internal static class CapacityCommand
{
    private const int TableWidth = 150;
    private const int QuickSeconds = 32;

    private const string Help = """
        Work out what a fleet needs: messages per second, storage accounts, instances, latency, storage and cost per camera-month, from the platform's published limits
        and a dated file of prices, which are assumptions. Without --boxes for 100, 1,000 and 10,000 boxes; always for both profiles (flush after 1 s, and economy: 10 s).
        --check N runs the real pipeline with N simulated boxes (about 4 minutes), measures it from outside, and puts what the model said of the same plan beside each figure;
        exit code 0 only when all lie within their bars. --quick runs half a minute, --save keeps the result in a file.
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
        var seconds = new Option<int>("--seconds") { Description = "how long the boxes of --check tell, 20 to 240", DefaultValueFactory = _ => 72 };
        var flush = new Option<double>("--flush") { Description = "flush time of the boxes of --check, s", DefaultValueFactory = _ => 10 };
        var quick = new Option<bool>("--quick") { Description = "--check with 32 s" };
        var calibrate = new Option<bool>("--calibration") { Description = "--check with the plan that the model's constants were measured with" };
        var save = new Option<string?>("--save") { Description = "file for the result of --check" };
        var json = new Option<bool>("--json") { Description = "one JSON object per line" };
        var command = new Command("capacity", Help) { boxes, cameras, megabits, segment, days, detections, snapshots, prices, check, seconds, flush, quick, calibrate, save, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            Prices file = Prices.Read(parsed.GetValue(prices));
            if (parsed.GetValue(check) is { } simulated)
            {
                int length = parsed.GetValue(quick) ? QuickSeconds : parsed.GetValue(seconds);
                CheckPlan plan = parsed.GetValue(calibrate) ? CheckPlan.ForCalibration(simulated, length) : CheckPlan.Of(simulated, length, parsed.GetValue(flush));
                return await CheckAsync(plan, parsed.GetValue(save), parsed.GetValue(json), cancellation);
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

    private static async Task<int> CheckAsync(CheckPlan plan, string? save, bool json, CancellationToken cancellation)
    {
        if (plan.Mistakes() is { Count: > 0 } mistakes) throw new ProcessException(string.Join("; ", mistakes));
        await StackPrerequisites.EnsureCloudAsync(Console.Error.WriteLine, cancellation);
        CheckMeasurement run = await new CheckRun(plan, SimFolder.Create(), Console.Error.WriteLine).RunAsync(cancellation);
        string machine = FormattableString.Invariant($"{Environment.ProcessorCount} cores, shared by boxes, servers and functions");
        CapacityCheckReport report = CapacityCheck.Compare(plan, run, LocalDatePattern.Iso.Format(SystemClock.Instance.GetCurrentInstant().InUtc().Date), machine);
        if (save is not null) await File.WriteAllTextAsync(save, report.ToJson(indented: true) + "\n", cancellation);
        if (json) Console.Out.WriteLine(report.ToJson(indented: false));
        else ShowCheck(report);
        return report.Ok ? 0 : 1;
    }

    private static void ShowCheck(CapacityCheckReport report)
    {
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, TableWidth);
        var table = new Table().Border(TableBorder.Simple);
        foreach (string head in (string[])["figure", "model", "measured", "ratio", "bar", ""]) table.AddColumn(new TableColumn(head).NoWrap());
        foreach (CheckedFigure one in report.Figures)
            table.AddRow(one.Name, Text(one.Predicted), Text(one.Measured), Text(one.Ratio), FormattableString.Invariant($"{one.Low} to {one.High}"), one.Holds ? "" : "miss");
        AnsiConsole.Write(table);
        foreach (string problem in report.Problems) Console.Out.WriteLine(problem);
    }

    private static string Text(double? value) => value is { } number ? number.ToString(CultureInfo.InvariantCulture) : "none";
}
