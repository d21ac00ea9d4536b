namespace Heldar.Benchmarks.Pipeline;

internal sealed class PipelineBench(bool quick, string folder, Action<BenchLine> print, Action<string> say)
{
    public Task RunAsync(CancellationToken cancellation) { _ = (quick, folder, print, say, cancellation); return Task.CompletedTask; }
}
