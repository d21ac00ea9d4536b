using System.Globalization;

namespace Heldar.Local.Capacity;

/// <summary>Processor time by the kernel's own account (<c>/proc/PID/stat</c>, see proc(5)).</summary>
internal static class ProcessorTime
{
    // USER_HZ of every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Seconds that a process and its descendants have used, those that ended and were waited for included.</summary>
    public static double OfTree(int root)
    {
        Dictionary<int, (int Parent, double Seconds)> all = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int pid) && Read(pid) is { } one) all[pid] = one;
        return all.Where(p => Belongs(p.Key)).Sum(p => p.Value.Seconds);

        bool Belongs(int pid)
        {
            for (int hops = 0; hops < 64 && pid > 1; hops++)
            {
                if (pid == root) return true;
                if (!all.TryGetValue(pid, out var process)) return false;
                pid = process.Parent;
            }

            return false;
        }
    }

    private static (int Parent, double Seconds)? Read(int pid)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), fields.AsSpan(11, 4).ToArray().Sum(f => double.Parse(f, CultureInfo.InvariantCulture)) / TicksPerSecond);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
