using System.Globalization;

namespace Heldar.Benchmarks;

/// <summary>What one process has used, read from /proc (proc(5)): the kernel's own figures, not ours.</summary>
/// <param name="CpuSeconds">User and system time of all its threads since it started, in seconds.</param>
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

    public static ProcessSample Read(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        // The command name may hold spaces; fields are counted behind its closing bracket: 3 is the state, 14 utime, 15 stime.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var memory = File.ReadLines($"/proc/{pid}/smaps_rollup")
            .Where(l => l.StartsWith("Private_Clean:", StringComparison.Ordinal) || l.StartsWith("Private_Dirty:", StringComparison.Ordinal))
            .Sum(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024);
        return new(ticks / TicksPerSecond, memory);
    }
}
