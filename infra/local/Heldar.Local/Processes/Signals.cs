using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Heldar.Local.Processes;

/// <summary>POSIX signals to processes that this program started.</summary>
internal static class Signals
{
    public const int HangUp = 1;
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Freeze = 19;

    private const int NoSuchProcess = 3;

    /// <summary>Sends <paramref name="signal"/>; a negative <paramref name="pid"/> means the process group. False when nobody is there any more.</summary>
    public static bool Send(int pid, int signal)
    {
        if (pid is 0 or 1 or -1) throw new ArgumentOutOfRangeException(nameof(pid), pid, "would reach processes that are not ours");
        if (NativeKill(pid, signal) == 0) return true;
        int error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new Win32Exception(error, $"kill({pid}, {signal}) failed");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeKill(int pid, int signal);
}
