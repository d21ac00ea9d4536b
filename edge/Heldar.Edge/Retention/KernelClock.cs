using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>What the machine says about time besides the wall clock.</summary>
internal interface IMachineTime
{
    /// <summary>Runs evenly since <see cref="Boot"/>, whatever happens to the wall clock.</summary>
    Duration Monotonic { get; }

    /// <summary>Differs after every start of the machine.</summary>
    string Boot { get; }

    /// <summary>Whether a time source disciplines the very clock that reads <paramref name="now"/>.</summary>
    bool IsSynchronised(Instant now);
}

/// <summary>Asks the kernel, by adjtimex(2). Thread-safe.</summary>
internal sealed class KernelClock : IMachineTime
{
    private const int Error = 5;
    private static readonly Duration Close = Duration.FromMinutes(1);

    public Duration Monotonic => Duration.FromNanoseconds(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    public string Boot { get; } = File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : Environment.MachineName;

    /// <summary>The kernel's own reading must agree: a process whose clock is faked is not synchronised by the kernel's.</summary>
    public bool IsSynchronised(Instant now)
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess) return false;
        // struct timex of 64-bit Linux: 72 bytes of parameters, then the time as seconds and (with STA_NANO) nanoseconds, in 208 bytes.
        var timex = new byte[256];
        var state = AdjTimeX(timex);
        if (state is < 0 or Error) return false;
        var kernel = Instant.FromUnixTimeSeconds(Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(timex.AsSpan(72)), 0, 253402300799));
        var apart = now - kernel;
        return apart > -Close && apart < Close;
    }

#pragma warning disable SYSLIB1054 // LibraryImport generates unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int AdjTimeX([In, Out] byte[] timex);
#pragma warning restore SYSLIB1054
}
