using System.Runtime.InteropServices;
using Heldar.Benchmarks;
using Heldar.Benchmarks.Index;
using Heldar.Benchmarks.Kept;
using Heldar.Benchmarks.Pipeline;
using Heldar.Benchmarks.Record;
using Heldar.Benchmarks.Search;
using Heldar.Benchmarks.Webhooks;
using Heldar.Local.Processes;

if (args is not [var name, ..] || name is not ("record" or "pipeline" or "retention" or "timeline" or "start" or "index" or "search" or "webhooks"))
{
    Console.Error.WriteLine("usage: heldar-bench record|pipeline|retention|timeline|start|index|search|webhooks [--json] [--quick] [--only record|record48|latency|messages]");
    return 2;
}

bool quick = args.Contains("--quick"), json = args.Contains("--json");
var only = Array.IndexOf(args, "--only") is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
using var end = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    end.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var held = true;
void Print(BenchLine line)
{
    Console.Out.WriteLine(json ? line.ToJson() : line.ToText());
    if (json && line.Bar is { } bar) Console.Error.WriteLine(line.ToText());
    held &= line.Bar is not { Held: false };
}

Console.Error.WriteLine($"load average at start: {File.ReadAllText("/proc/loadavg").Trim()}");
try
{
    await using var folder = new BenchFolder(name);
    FilledBox Filled(int segments) => new(Path.Combine(folder.Path, $"{segments}"), segments);
    var stored = quick ? 50_000 : 1_000_000;
    if (name == "retention") await new RetentionBench(Filled(stored), Filled(10_000), quick, Print, Console.Error.WriteLine).RunAsync(end.Token);
    else if (name == "timeline") await new TimelineBench(Filled(stored), quick, Print, Console.Error.WriteLine).RunAsync(end.Token);
    else if (name == "start") await new StartBench(Filled(stored), folder.Path, quick, Print, Console.Error.WriteLine).RunAsync(end.Token);
    else if (name == "webhooks") await new WebhooksBench(quick, folder.Path, Print, Console.Error.WriteLine).RunAsync(end.Token);
    else if (name == "index") await new IndexBench(quick, folder.Path, Print, Console.Error.WriteLine).RunAsync(end.Token);
    else if (name == "search") await new SearchBench(quick, Print, Console.Error.WriteLine).RunAsync(end.Token);
    else if (name == "pipeline") await new PipelineBench(quick, only, folder.Path, Print, Console.Error.WriteLine).RunAsync(end.Token);
    else
        foreach (var plan in RecordPlan.All(quick).Where(p => only is null || p.Name == only))
            await new RecordBench(plan, Path.Combine(folder.Path, plan.Name), Print, Console.Error.WriteLine).RunAsync(end.Token);
}
catch (OperationCanceledException) when (end.IsCancellationRequested)
{
    return 130;
}
catch (Exception problem) when (problem is ProcessException or InvalidOperationException or HttpRequestException or TimeoutException)
{
    Console.Error.WriteLine("heldar-bench: " + problem.Message);
    return 1;
}
finally
{
    Console.Error.WriteLine($"load average at end: {File.ReadAllText("/proc/loadavg").Trim()}");
}

return held ? 0 : 1;
