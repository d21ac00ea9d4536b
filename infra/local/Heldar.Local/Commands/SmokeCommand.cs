using System.CommandLine;
using Heldar.Local.Smoke;

namespace Heldar.Local.Commands;

/// <summary><c>heldar smoke</c>.</summary>
internal static class SmokeCommand
{
    private const string Help = """
        Start everything in a throw-away folder, record four cameras, kill a box, stop Azurite, and compare disk and search.
        Standard output is one JSON object; everything else goes to standard error. Exit code 0 only when it is ok. With CI=true, ok leaves timings out.
        """;

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "the JSON object on one line" };
        var quick = new Option<bool>("--quick") { Description = "the short form: fewer and shorter segments" };
        var keep = new Option<bool>("--keep") { Description = "keep the data folder" };
        var fault = new Option<string?>("--fault") { Hidden = true, Description = "put in a defect to prove that smoke fails" };
        fault.AcceptOnlyFromAmong("azurite-down", "lose-segment", "duplicate");
        var command = new Command("smoke", Help) { json, quick, keep, fault };
        command.SetAction(async (parsed, cancellation) =>
        {
            SmokeFaults defects = parsed.GetValue(fault) switch
            {
                "azurite-down" => SmokeFaults.AzuriteDown,
                "lose-segment" => SmokeFaults.LoseSegment,
                "duplicate" => SmokeFaults.Duplicate,
                _ => SmokeFaults.None,
            };
            bool timings = Environment.GetEnvironmentVariable("CI") != "true";
            var options = new SmokeOptions(parsed.GetValue(quick), timings, defects, parsed.GetValue(keep));
            SmokeReport report = await new SmokeRun(options, Console.Error.WriteLine).RunAsync(cancellation);
            Console.Out.WriteLine(report.ToJson(indented: !parsed.GetValue(json)));
            return report.Ok ? 0 : 1;
        });
        return command;
    }
}
