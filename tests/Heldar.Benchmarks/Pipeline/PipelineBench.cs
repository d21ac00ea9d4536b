using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;
using Heldar.Local.Smoke;
using Npgsql;

namespace Heldar.Benchmarks.Pipeline;

/// <summary>From a closed segment to a search hit with all cameras of a box, then how fast the functions empty their queue beside a bare loop.</summary>
internal sealed class PipelineBench(bool quick, string? only, string folder, Action<BenchLine> print, Action<string> say)
{
    private const string Name = "pipeline";
    private readonly PipelinePlan _plan = PipelinePlan.Of(quick);

    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var recipe in _plan.Specs.Select(c => c.Footage).Distinct()) await Footage.ClipAsync(recipe, cancellation);
        var options = new StackOptions(Path.Combine(folder, "stack")) { Sites = 1, Cameras = _plan.Specs, SegmentSeconds = _plan.SegmentSeconds };
        await using var stack = await Stack.StartAsync(options, say, cancellation);
        if (only is null or "latency") await LatencyAsync(stack, cancellation);
        await stack.Boxes[0].Service.StopAsync();
        await stack.CameraService.StopAsync();
        if (only is null or "messages") await ThroughputAsync(stack, cancellation);
    }

    private async Task LatencyAsync(Stack stack, CancellationToken cancellation)
    {
        using var fleet = new FleetClient(stack.Fleet);
        await fleet.SignInAsync(await stack.SetupCodeAsync(cancellation) ?? throw new ProcessException("a fresh fleet has no setup code"), cancellation);
        await Task.Delay(_plan.WarmUp, cancellation);
        say("pipeline: measuring from disk to search");
        var latency = new SearchLatency(stack, fleet, _plan);
        await latency.MeasureAsync(cancellation);
        double searchable = Statistics.Percentile(latency.Searchable, 0.95), capture = Statistics.Percentile(latency.Capture, 0.95);
        say($"pipeline: searchable median {Statistics.Median(latency.Searchable):0} ms, max {latency.Searchable.Max():0} ms; capture median {Statistics.Median(latency.Capture):0} ms");
        print(new BenchLine(Name, "searchable_p95_ms", searchable, "ms", N: latency.Searchable.Count) { Bar = ($"<= {PipelinePlan.SearchableBar}", searchable <= PipelinePlan.SearchableBar) });
        print(new BenchLine(Name, "capture_to_searchable_p95_ms", capture, "ms", N: latency.Capture.Count) { Bar = ($"<= {PipelinePlan.CaptureBar}", capture <= PipelinePlan.CaptureBar) });
    }

    private async Task ThroughputAsync(Stack stack, CancellationToken cancellation)
    {
        await using var database = NpgsqlDataSource.Create(stack.Database);
        using var drain = new QueueDrain(stack, _plan, database);
        await drain.RegisterAsync();
        // The latency part sends too few messages to warm the handler's code.
        say($"pipeline: warm functions {await drain.HostAsync(_plan.WarmUp, cancellation)}");
        say($"pipeline: warm bare loop {await drain.BareAsync(_plan.WarmUp / 6, cancellation)}");
        List<double> host = [], bare = [];
        for (var round = 0; round < _plan.Rounds; round++)
        {
            var (ofHost, ofBare) = (await drain.HostAsync(_plan.Drained, cancellation), await drain.BareAsync(_plan.Drained, cancellation));
            host.Add(ofHost.PerSecond);
            bare.Add(ofBare.PerSecond);
            say($"pipeline: functions {ofHost}");
            say($"pipeline: bare loop {ofBare}");
        }

        double ours = Statistics.Median(host), theirs = Statistics.Median(bare);
        print(new BenchLine(Name, "messages", ours, "messages/s", "bare receive and delete", theirs, ours / theirs, host.Count)
        {
            Bar = ($"ratio >= {PipelinePlan.MessagesBar}", ours / theirs >= PipelinePlan.MessagesBar),
        });
        print(new BenchLine(Name, "events", ours * PipelinePlan.EventsPerMessage, "events/s", N: host.Count));
    }
}
