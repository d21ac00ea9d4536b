using System.CommandLine;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;

namespace Heldar.Local.Commands;

/// <summary><c>heldar bench NAME</c>: builds and runs the benchmark program.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "record, pipeline, retention, timeline, start, index, search or webhooks" };
        name.AcceptOnlyFromAmong("record", "pipeline", "retention", "timeline", "start", "index", "search", "webhooks");
        var json = new Option<bool>("--json") { Description = "JSON lines on standard output, everything else on standard error" };
        var quick = new Option<bool>("--quick") { Description = "the short form, at most 45 s: same metric names, figures of no weight" };
        var only = new Option<string?>("--only") { Description = "one part: record or record48; latency or messages" };
        only.AcceptOnlyFromAmong("record", "record48", "latency", "messages");
        var command = new Command("bench", "Measure beside a baseline in the same run. Exit code 0 only if the stated bars hold.") { name, json, quick, only };
        command.SetAction(async (parsed, cancellation) =>
        {
            await StackPrerequisites.EnsureAsync(Console.Error.WriteLine, cancellation);
            await Build.EnsureAsync(["tests/Heldar.Benchmarks"], cancellation);
            List<string> arguments = [parsed.GetRequiredValue(name)];
            if (parsed.GetValue(json)) arguments.Add("--json");
            if (parsed.GetValue(quick)) arguments.Add("--quick");
            if (parsed.GetValue(only) is { } part) arguments.AddRange(["--only", part]);
            return await Tool.PassThroughAsync(Build.Benchmarks, arguments, cancellation);
        });
        return command;
    }
}
