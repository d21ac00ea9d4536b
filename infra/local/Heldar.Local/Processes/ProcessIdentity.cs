using System.Globalization;

namespace Heldar.Local.Processes;

/// <summary>
/// A process that cannot be confused with a later one that got the same number: pid and start time (clock ticks since boot, field 22 of
/// <c>/proc/PID/stat</c>, see proc(5)).
/// </summary>
/// <param name="Pid">Process id.</param>
/// <param name="StartTicks">Start time in clock ticks since boot.</param>
internal sealed record ProcessIdentity(int Pid, long StartTicks)
{
    /// <summary>True while this very process exists and is not a zombie.</summary>
    public bool IsAlive => ReadStat(Pid) is { } stat && stat.StartTicks == StartTicks && stat.State is not ('Z' or 'X');

    /// <summary>The process that has this number now, or null.</summary>
    public static ProcessIdentity? Of(int pid) => ReadStat(pid) is { } stat ? new ProcessIdentity(pid, stat.StartTicks) : null;

    /// <summary>This process.</summary>
    public static ProcessIdentity Current => Of(Environment.ProcessId) ?? throw new InvalidOperationException("/proc is not mounted");

    /// <summary>The living processes that have this one as their parent now.</summary>
    public IReadOnlyList<ProcessIdentity> Children() => [.. Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
        .Where(pid => pid > 0 && ReadStat(pid) is { } stat && stat.Parent == Pid && stat.State is not ('Z' or 'X'))
        .Select(Of).OfType<ProcessIdentity>()];

    /// <summary>Signals the process if it is still the same one.</summary>
    public bool Signal(int signal) => IsAlive && Signals.Send(Pid, signal);

    /// <summary>Signals the process group that this process leads, if the process is still the same one.</summary>
    public bool SignalGroup(int signal) => IsAlive && Signals.Send(-Pid, signal);

    private static (char State, int Parent, long StartTicks)? ReadStat(int pid)
    {
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        }
        catch (IOException)
        {
            return null;
        }

        // The command name may hold spaces and parentheses: fields start after the last one.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture), long.Parse(fields[19], CultureInfo.InvariantCulture));
    }
}
