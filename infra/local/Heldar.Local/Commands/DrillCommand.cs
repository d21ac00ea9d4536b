using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Heldar.Local.Drills;
using Heldar.Local.Emulator;
using Heldar.Local.Prerequisites;

namespace Heldar.Local.Commands;

/// <summary><c>heldar drill NAME</c>.</summary>
internal static class DrillCommand
{
    private const string Help = """
        Let an accident happen to a real box that records simulated cameras, often, and judge what is on disk afterwards by ffmpeg, sha256sum and the cameras' own log.
        The drills "pipeline" and "keys" are about the cloud: simulated boxes tell events meanwhile, and the index, in the first also a webhook receiver, is judged by what they sent.
        Each drill first proves that its judge finds faults that are put in. Standard output is one JSON object per drill; everything else goes to standard error.
        Exit code 0 only when every bar holds; 3 when this machine cannot do a drill (no root, no loop devices, no FUSE) and nothing else failed.
        """;

    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = string.Join(", ", DrillRun.All.Select(drill => drill.Name)) + ", or all" };
        name.AcceptOnlyFromAmong([.. DrillRun.All.Select(drill => drill.Name), "all"]);
        var runs = new Option<int?>("--runs") { Description = "how often the accident happens, 1 to 10000; rounds of six jumps for clock, of no effect for soak. Each report says in \"run\" what one is" };
        runs.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<int?>() is < 1 or > 10_000) given.AddError("--runs must be 1 to 10000");
        });
        var json = new Option<bool>("--json") { Description = "each JSON object on one line" };
        var quick = new Option<bool>("--quick") { Description = "the short form: fewer runs, same counts; all together at most 6 minutes" };
        var keep = new Option<bool>("--keep") { Description = "keep the folder with recordings, database and logs, also when the drill is ok" };
        var command = new Command("drill", Help) { name, runs, json, quick, keep };
        command.SetAction(async (parsed, cancellation) =>
        {
            await DebianPackages.EnsureAsync(DebianPackages.Drill, Console.Error.WriteLine, cancellation);
            await BuildStamp.EnsureBoxAsync(Console.Error.WriteLine, cancellation);
            string wanted = parsed.GetRequiredValue(name);
            IReadOnlyList<Drill> drills = [.. DrillRun.All.Where(drill => wanted == "all" || drill.Name == wanted)];
            var options = new DrillOptions(parsed.GetValue(runs), parsed.GetValue(quick), parsed.GetValue(keep));
            int code = 0;
            long start = Stopwatch.GetTimestamp();
            await foreach (DrillReport report in new DrillRun(options, Console.Error.WriteLine).RunAsync(drills, cancellation))
            {
                Console.Out.WriteLine(report.ToJson(indented: !parsed.GetValue(json)));
                if (!report.Ok) code = report.Skipped is not null && code is 0 or 3 ? 3 : 1;
            }

            if (drills.Count > 1) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{drills.Count} drills took {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s together"));
            return code;
        });
        return command;
    }
}
