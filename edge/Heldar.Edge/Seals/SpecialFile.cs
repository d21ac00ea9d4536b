using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Heldar.Edge.Seals;

/// <summary>
/// Tells what is no regular file although .NET takes it for one: a pipe, a socket, a device. Whoever opens a pipe waits for its other end, for ever.
/// </summary>
internal static class SpecialFile
{
    private const int CurrentFolder = -100;
    private const uint WantType = 1;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;
    private const int Folder = 0x4000;

    /// <summary>Whether something is there, and neither a file nor a folder; behind links too.</summary>
    public static bool Is(string path)
    {
        if (!OperatingSystem.IsLinux()) return false;
        var answer = new byte[256];
        try
        {
            if (Statx(CurrentFolder, path, 0, WantType, answer) != 0) return false;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than 2018.
            return false;
        }

        var mode = BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(ModeOffset)) : BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(ModeOffset));
        return (mode & TypeMask) is not (Regular or Folder);
    }

#pragma warning disable SYSLIB1054 // LibraryImport generates unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] answer);
#pragma warning restore SYSLIB1054
}
