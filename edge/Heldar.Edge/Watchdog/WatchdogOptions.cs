using System.Globalization;

namespace Heldar.Edge.Watchdog;

/// <summary>What the service manager asked for when it started this process, see sd_notify(3) and sd_watchdog_enabled(3). Immutable.</summary>
/// <param name="Socket">Where it listens: a path, or an abstract name with <c>@</c>; null when nobody does.</param>
/// <param name="Patience">It ends this process when it hears nothing for this long; null when it does not watch.</param>
internal sealed record WatchdogOptions(string? Socket, TimeSpan? Patience)
{
    /// <summary>Reads the environment. A watchdog that is meant for another process is none.</summary>
    public static WatchdogOptions Read(Func<string, string?> environment)
    {
        var socket = environment("NOTIFY_SOCKET") is { Length: > 1 } text && text[0] is '/' or '@' ? environment("NOTIFY_SOCKET") : null;
        var process = environment("WATCHDOG_PID");
        var mine = process is null || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var patience = mine && long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds is > 0 and < long.MaxValue / 10
            ? TimeSpan.FromMicroseconds(microseconds)
            : (TimeSpan?)null;
        return new WatchdogOptions(socket, socket is null ? null : patience);
    }
}
