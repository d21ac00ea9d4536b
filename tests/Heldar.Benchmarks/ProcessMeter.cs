using System.Globalization;

namespace Heldar.Benchmarks;

/// <summary>What one process has used, read from /proc (proc(5)): the kernel's own figures, not ours.</summary>
/// <param name="CpuSeconds">User and system time of all its threads since it started and of the children that it has waited for, in seconds.</param>
/// <param name="PrivateBytes">Private clean and dirty pages (smaps_rollup).</param>
internal readonly record struct ProcessSample(double CpuSeconds, long PrivateBytes)
{
    public static ProcessSample operator +(ProcessSample a, ProcessSample b) => new(a.CpuSeconds + b.CpuSeconds, a.PrivateBytes + b.PrivateBytes);
}

/// <summary>Reads <see cref="ProcessSample"/>s.</summary>
internal static class ProcessMeter
{
    /// <summary>Kernel ticks per second: fixed at 100 for user space on every Linux architecture that .NET supports.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Sum over processes. Throws when one of them is gone, because then the figure would be wrong.</summary>
    public static ProcessSample Read(IEnumerable<int> pids) => pids.Select(Read).Aggregate(default(ProcessSample), (a, b) => a + b);

    /// <summary>CPU seconds of a process and all its descendants that live now.</summary>
    public static double TreeCpuSeconds(int root)
    {
        Dictionary<int, (int Parent, double Seconds)> all = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) continue;
            try
            {
                var fields = Fields(pid);
                all[pid] = (int.Parse(fields[1], CultureInfo.InvariantCulture), Seconds(fields));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended between the listing and the reading.
            }
        }

        return all.Where(p => IsBelow(p.Key)).Sum(p => p.Value.Seconds);

        bool IsBelow(int pid)
        {
            for (var hops = 0; hops < 32 && pid > 1; hops++)
            {
                if (pid == root) return true;
                pid = all.TryGetValue(pid, out var one) ? one.Parent : 0;
            }

            return false;
        }
    }

    public static ProcessSample Read(int pid)
    {
        var cpu = Seconds(Fields(pid));
        var memory = File.ReadLines($"/proc/{pid}/smaps_rollup")
            .Where(l => l.StartsWith("Private_Clean:", StringComparison.Ordinal) || l.StartsWith("Private_Dirty:", StringComparison.Ordinal))
            .Sum(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024);
        return new(cpu, memory);
    }

    /// <summary>Fields of /proc/pid/stat from the third (the state) on; utime is the 14th, then stime, cutime and cstime (of children that were waited for).</summary>
    private static string[] Fields(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        // The command name may hold spaces: fields are counted behind its closing bracket.
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static double Seconds(string[] fields) =>
        fields[11..15].Sum(f => long.Parse(f, CultureInfo.InvariantCulture)) / TicksPerSecond;
}
