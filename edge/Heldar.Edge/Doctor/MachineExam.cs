using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Heldar.Edge.Retention;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Doctor;

/// <summary>Looks at clock, port, memory and limits of the machine. Each part is told what was read, so that it can be asked about any machine.</summary>
internal static class MachineExam
{
    private const long Mebibyte = 1L << 20;

    /// <summary>Memory that a box needs: its own, and what a camera's blocks and buffers take. Bytes.</summary>
    private const long OwnMemory = 200 * Mebibyte;
    private const long CameraMemory = 16 * Mebibyte;

    /// <summary>Files that it keeps open: its own, and those of a camera.</summary>
    private const int OwnFiles = 256;
    private const int CameraFiles = 16;

    // A year before this program was made, or absurdly far after it.
    private static readonly Instant Earliest = Instant.FromUtc(2026, 1, 1, 0, 0);
    private static readonly Instant Latest = Instant.FromUtc(2060, 1, 1, 0, 0);

    public static Finding Clock(Instant now, IMachineTime machine)
    {
        var text = now.ToString("uuuu-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        if (now < Earliest || now > Latest)
            return Finding.Failure("clock", $"the clock says {text}", "footage is found by time; the machine's battery or time source is at fault", "set it (date -s), then install chrony or enable systemd-timesyncd");
        return machine.IsSynchronised(now)
            ? Finding.Ok("clock", $"the clock says {text} and is synchronised")
            : Finding.Warning("clock", $"the clock says {text} and no time source disciplines it", "times of footage drift; deletion by age pauses when the clock jumps", "install chrony, or: timedatectl set-ntp true; without internet, name the site's own time server");
    }

    /// <param name="settings">Where it should listen.</param>
    /// <param name="running">Whether this data folder's box runs now: then the port is its own.</param>
    public static Finding Port(BoxSettings settings, bool running)
    {
        var (host, port) = (settings.Listen.Host.Trim('[', ']'), settings.Listen.Port);
        if (port == 0) return Finding.Ok("port", "the system chooses the port");
        if (running) return Finding.Ok("port", $"this box is running and answers on port {port}");
        if (!IPAddress.TryParse(host, out var address)) address = settings.Listen.IsLoopback ? IPAddress.Loopback : IPAddress.Any;
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return Finding.Ok("port", $"port {port} of {address} is free");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return Finding.Failure("port", $"port {port} of {address} is taken", "another program listens there", $"end it (ss -ltnp 'sport = :{port}' names it), or choose another port in box.listen");
        }
        catch (SocketException e)
        {
            return Finding.Failure("port", $"port {port} of {address} cannot be used: {e.Message}", "the address is not this machine's, or the port needs privileges", "choose an address of this machine and a port above 1023 in box.listen");
        }
    }

    /// <param name="meminfo">Text of /proc/meminfo.</param>
    /// <param name="limit">What this process may use at most, bytes.</param>
    /// <param name="cameras">How many cameras it records.</param>
    public static Finding Memory(string meminfo, long limit, int cameras)
    {
        var available = Math.Min(limit, Kibibytes(meminfo, "MemAvailable:") is { } free ? free * 1024 : long.MaxValue);
        var needed = OwnMemory + (cameras * CameraMemory);
        var text = $"{available / Mebibyte} MiB of memory are available, about {needed / Mebibyte} MiB are needed for {cameras} cameras";
        if (available < needed / 2) return Finding.Failure("memory", text, "the system would end the box when memory runs out", "end other programs, add memory, or record fewer cameras here");
        return available < needed
            ? Finding.Warning("memory", text, "at busy times it will not be enough", "end other programs, add memory, or record fewer cameras here")
            : Finding.Ok("memory", text);
    }

    /// <param name="limits">Text of /proc/self/limits.</param>
    /// <param name="cameras">How many cameras it records.</param>
    public static Finding Files(string limits, int cameras)
    {
        var line = limits.Split('\n').FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal)) ?? "";
        var hard = line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, _, var word, ..] ? word : "";
        var needed = OwnFiles + (cameras * CameraFiles);
        if (hard == "unlimited") return Finding.Ok("files", "open files are not limited");
        if (!long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var allowed)) return Finding.Warning("files", "the limit of open files is unknown", "/proc/self/limits does not tell it", "look at ulimit -Hn");
        return allowed < needed
            ? Finding.Failure("files", $"a process may open {allowed} files, {cameras} cameras need {needed}", "recording stops when a file cannot be opened", "raise LimitNOFILE= of the service, or the limit of the shell (ulimit -n)")
            : Finding.Ok("files", $"a process may open {allowed} files");
    }

    private static long? Kibibytes(string meminfo, string name)
    {
        var line = meminfo.Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is not null && long.TryParse(line[name.Length..].Trim().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
    }
}
