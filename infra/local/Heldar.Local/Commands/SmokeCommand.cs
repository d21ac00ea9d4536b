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
        var quick = new Option<bool>("--quick") { Description = "the short form: fewer and shorter segments, about 40 s on two idle cores once everything is installed and built" };
        var keep = new Option<bool>("--keep") { Description = "keep the data folder" };
        var fault = new Option<string[]>("--fault") { Hidden = true, Description = "put in a defect to prove that smoke fails; several share one stack, with an object for each" };
        fault.AcceptOnlyFromAmong([.. SmokeDefects.ByName.Keys]);
        var command = new Command("smoke", Help) { json, quick, keep, fault };
        command.SetAction(async (parsed, cancellation) =>
        {
            bool timings = Environment.GetEnvironmentVariable("CI") != "true";
            var options = new SmokeOptions(parsed.GetValue(quick), timings, [.. (parsed.GetValue(fault) ?? []).Select(name => SmokeDefects.ByName[name])], parsed.GetValue(keep));
            bool ok = true;
            await foreach (SmokeReport report in new SmokeRun(options, Console.Error.WriteLine).RunAsync(cancellation))
            {
                Console.Out.WriteLine(report.ToJson(indented: !parsed.GetValue(json)));
                ok &= report.Ok;
            }

            return ok ? 0 : 1;
        });
        return command;
    }
}
