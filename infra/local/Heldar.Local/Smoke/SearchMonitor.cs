using Heldar.Contracts.Api;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;

namespace Heldar.Local.Smoke;

/// <summary>Watches disk and search side by side, and notes when the search first finds each closed segment.</summary>
internal sealed class SearchMonitor(Stack stack, FleetClient fleet, DateTimeOffset from) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);
    private readonly CancellationTokenSource _end = new();
    private readonly Dictionary<Guid, DateTimeOffset> _firstFound = [];
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _outages = [];
    private Task _loop = Task.CompletedTask;

    /// <summary>Starts watching.</summary>
    public void Start() => _loop = WatchAsync(_end.Token);

    /// <summary>Segments closed in this time or up to 2 s before do not count for the percentile, unless they were found before it began.</summary>
    public void Exclude(DateTimeOffset start, DateTimeOffset end)
    {
        lock (_outages) _outages.Add((start, end));
    }

    /// <summary>Waits on disk and search until the condition holds.</summary>
    public async Task<bool> WaitAsync(Func<IReadOnlyDictionary<Guid, DiskSegment>, IReadOnlyList<RecordingItem>, bool> condition, TimeSpan limit, CancellationToken cancellation)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(start) < limit)
        {
            if (condition(Disk(), await SearchAsync(cancellation))) return true;
            await Task.Delay(Period, cancellation);
        }

        return false;
    }

    /// <summary>The boxes' disks now.</summary>
    public IReadOnlyDictionary<Guid, DiskSegment> Disk(Action<string>? unknown = null) => DiskSegment.Scan(stack.Boxes.Select(box => box.Recordings), unknown);

    /// <summary>What the search finds now, open footage left out.</summary>
    public async Task<IReadOnlyList<RecordingItem>> SearchAsync(CancellationToken cancellation)
    {
        IReadOnlyList<RecordingItem> items = [.. (await fleet.SearchAsync(from, Now().AddHours(1), cancellation)).Where(item => !item.Open)];
        lock (_firstFound)
        {
            foreach (RecordingItem item in items)
            {
                if (item.Segment is { } segment) _firstFound.TryAdd(segment, Now());
            }
        }

        return items;
    }

    /// <summary>Segments that count for the percentile by now.</summary>
    public int Timed => Waits().Count;

    /// <summary>95th percentile of closed until found, in ms; null when nothing was timed.</summary>
    public long? P95(Action<string> say)
    {
        List<double> waits = Waits();
        waits.Sort();
        if (waits.Count == 0) return null;
        say($"closed until searchable, {waits.Count} segments: median {waits[waits.Count / 2]:0} ms, largest {waits[^1]:0} ms");
        return (long)waits[(int)Math.Ceiling(waits.Count * 0.95) - 1];
    }

    /// <summary>Stops watching.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
    }

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();

    private List<double> Waits()
    {
        IReadOnlyDictionary<Guid, DiskSegment> disk = Disk();
        List<double> waits = [];
        lock (_firstFound)
        {
            foreach ((Guid segment, DateTimeOffset found) in _firstFound)
            {
                if (disk.TryGetValue(segment, out DiskSegment? file) && !IsExcluded(file.LastWrite, found)) waits.Add(Math.Max(0, (found - file.LastWrite).TotalMilliseconds));
            }
        }

        return waits;
    }

    private bool IsExcluded(DateTimeOffset closed, DateTimeOffset found)
    {
        lock (_outages) return _outages.Any(outage => found >= outage.From && closed + Margin >= outage.From && closed <= outage.To);
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await SearchAsync(cancellation);
                await Task.Delay(Period, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is HttpRequestException or Processes.ProcessException or OperationCanceledException)
            {
                // The fleet is busy or away: the run's own waits say so when it lasts.
                await Task.Delay(Period, CancellationToken.None);
            }
        }
    }
}
