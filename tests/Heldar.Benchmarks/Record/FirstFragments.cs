using System.Globalization;
using Heldar.Local.Processes;

namespace Heldar.Benchmarks.Record;

/// <summary>Watches a folder of recordings for the first fragment of each camera after a start of the box.</summary>
internal sealed class FirstFragments(string recordings, IReadOnlyList<string> cameras)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);
    private readonly HashSet<string> _old = [.. Files(recordings)];

    /// <summary>Waits until every camera has one and returns when each came, in seconds since boot.</summary>
    /// <exception cref="TimeoutException">Not within a minute.</exception>
    public async Task<IReadOnlyList<double>> WaitAsync(CancellationToken cancellation)
    {
        var start = Uptime();
        Dictionary<string, double> seen = new(StringComparer.Ordinal);
        while (cameras.Any(c => !seen.ContainsKey(c)))
        {
            if (Uptime() - start > Limit.TotalSeconds) throw new TimeoutException($"no fragment after {Limit.TotalSeconds:0} s: {string.Join(", ", cameras.Where(c => !seen.ContainsKey(c)))}; HELDAR_BENCH_KEEP=1 keeps the logs");
            foreach (var file in Files(recordings))
            {
                if (_old.Contains(file)) continue;
                var camera = Path.GetRelativePath(recordings, file).Split('/')[0];
                if (!seen.ContainsKey(camera) && HasFragment(file)) seen[camera] = Uptime();
            }

            await Task.Delay(Period, cancellation);
        }

        return [.. seen.Values];
    }

    /// <summary>When a process started, in seconds since boot.</summary>
    public static double StartOf(int pid) => (ProcessIdentity.Of(pid)?.StartTicks ?? throw new InvalidOperationException($"process {pid} is gone")) / 100.0;

    private static double Uptime() => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);

    private static IEnumerable<string> Files(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.mp4", SearchOption.AllDirectories) : [];

    /// <summary>A whole first moof and its mdat's head: the media that follows is in the same write.</summary>
    private static bool HasFragment(string file)
    {
        Span<byte> head = stackalloc byte[64 * 1024];
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var read = RandomAccess.Read(handle, head, 0);
        var fragment = head[..read].IndexOf("moof"u8);
        return fragment >= 0 && head[fragment..read].IndexOf("mdat"u8) >= 0;
    }
}
