using System.Net;
using System.Net.Sockets;

namespace Heldar.Local.Processes;

/// <summary>
/// Finds free loopback ports from 20000 to 31999: below the kernel's range for outgoing connections, so that nobody takes one by accident between
/// the check and its use. Two programs choose at random, and whoever still loses sees "address in use" at start.
/// </summary>
internal static class Ports
{
    private const int First = 20000;
    private const int Count = 12000;
    private static readonly HashSet<int> Given = [];

    /// <summary>A port that nobody listens on and that this process has not given out before. Thread-safe.</summary>
    public static int Free()
    {
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            int port = First + Random.Shared.Next(Count);
            lock (Given)
            {
                if (Given.Contains(port) || !IsFree(port)) continue;
                Given.Add(port);
                return port;
            }
        }

        throw new ProcessException($"no free port on 127.0.0.1 between {First} and {First + Count - 1}");
    }

    /// <summary>True when a listener can be opened on 127.0.0.1.</summary>
    public static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
