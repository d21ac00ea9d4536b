using System.Diagnostics;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Smoke;

namespace Heldar.Benchmarks.Pipeline;

/// <summary>How long it takes until the search knows what the disk has: closed segments, and the end of the open footage.</summary>
internal sealed class SearchLatency(Stack stack, FleetClient fleet, PipelinePlan plan)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(20);
    private readonly Dictionary<Guid, DateTimeOffset> _found = [];
    private readonly Dictionary<Guid, DateTimeOffset> _newest = [];

    /// <summary>Milliseconds from the file's last write to the first search that finds the segment, for each one that closed while it was measured.</summary>
    public List<double> Searchable { get; } = [];

    /// <summary>Now minus the end of the footage that the search reports, per camera and second, in ms.</summary>
    public List<double> Capture { get; } = [];

    /// <summary>Measures. A segment that is not found 20 s after the end throws.</summary>
    public async Task MeasureAsync(CancellationToken cancellation)
    {
        await PollAsync(cancellation);
        var from = Now();
        var nextSample = from;
        while (Now() - from < plan.Measured)
        {
            await PollAsync(cancellation);
            if (Now() >= nextSample)
            {
                nextSample = Now().AddSeconds(1);
                if (_newest.Count < plan.Cameras) throw new InvalidOperationException($"the search knows {_newest.Count} of {plan.Cameras} cameras");
                foreach (var end in _newest.Values) Capture.Add((Now() - end).TotalMilliseconds);
            }
        }

        var to = Now();
        var closed = Closed().Where(f => f.LastWrite >= from && f.LastWrite <= to).ToList();
        while (closed.Exists(f => !_found.ContainsKey(f.Segment)))
        {
            if (Now() - to > Settle) throw new TimeoutException($"{closed.Count(f => !_found.ContainsKey(f.Segment))} of {closed.Count} closed segments are not found after {Settle.TotalSeconds:0} s");
            await PollAsync(cancellation);
        }

        Searchable.AddRange(closed.Select(f => Math.Max(0, (_found[f.Segment] - f.LastWrite).TotalMilliseconds)));
    }

    private async Task PollAsync(CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var items = await fleet.SearchAsync(Now().AddSeconds(-(2 * plan.SegmentSeconds) - 5), Now().AddMinutes(1), cancellation);
        var answered = Now();
        foreach (var item in items)
        {
            if (item is { Open: false, Segment: { } segment }) _found.TryAdd(segment, answered);
            var end = item.End.ToDateTimeOffset();
            if (!_newest.TryGetValue(item.Camera, out var known) || end > known) _newest[item.Camera] = end;
        }

        var rest = Period - Stopwatch.GetElapsedTime(start);
        if (rest > TimeSpan.Zero) await Task.Delay(rest, cancellation);
    }

    /// <summary>Files that a later one of the same camera follows: the last is still being written.</summary>
    private IEnumerable<DiskSegment> Closed() => DiskSegment.Scan(stack.Boxes.Select(b => b.Recordings)).Values
        .GroupBy(f => Path.GetRelativePath(stack.Boxes[0].Recordings, f.File).Split('/')[0], StringComparer.Ordinal)
        .SelectMany(camera => camera.OrderBy(f => Path.GetFileName(f.File), StringComparer.Ordinal).SkipLast(1));

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}
