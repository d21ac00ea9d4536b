using System.Runtime.InteropServices;

namespace Heldar.Edge;

/// <summary>
/// The heap of native code: the database, the runtime, the hashes. The C library gives threads heaps of their own, up to eight for each processor, and each keeps what its
/// busiest moment needed: whichever thread of the pool runs the database next, all of them grow. Few of them serve a box as fast, and its memory stays as it is (mallopt(3)).
/// </summary>
internal static class NativeHeap
{
    private const int ArenaMax = -8;
    private const int Heaps = 2;

    /// <summary>Bounds the number of heaps. To be called first of all; another C library than glibc has one heap, and none of this.</summary>
    public static void Bound()
    {
        try
        {
            _ = MallOpt(ArenaMax, Heaps);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // One heap for all already.
        }
    }

#pragma warning disable SYSLIB1054 // LibraryImport generates unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MallOpt(int parameter, int value);
#pragma warning restore SYSLIB1054
}
