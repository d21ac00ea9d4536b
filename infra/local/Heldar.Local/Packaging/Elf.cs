using System.Buffers.Binary;
using Heldar.Local.Processes;

namespace Heldar.Local.Packaging;

/// <summary>Reads the first bytes of programs and libraries: which processor they are for (ELF header, e_machine).</summary>
internal static class Elf
{
    private const int HeadBytes = 20;
    private const int MachineAt = 18;

    /// <summary>SQLite, without which a box does not start: it comes from a package, not with the runtime.</summary>
    private const string Sqlite = "libe_sqlite3.so";

    /// <summary>The processor that a file is for; null when it is no ELF file.</summary>
    public static ushort? MachineOf(string file)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        using var stream = File.OpenRead(file);
        return stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head[..4].SequenceEqual("\u007fELF"u8) ? BinaryPrimitives.ReadUInt16LittleEndian(head[MachineAt..]) : null;
    }

    /// <summary>Looks at every file of a program's folder before it is packed.</summary>
    /// <exception cref="ProcessException">A native file is for another processor, or SQLite is missing; the message names all of them.</exception>
    public static void Verify(string folder, Machine machine)
    {
        var natives = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => (File: f, Machine: MachineOf(f))).Where(f => f.Machine is not null).ToList();
        var wrong = natives.Where(f => f.Machine != machine.Elf).Select(f => $"{Path.GetRelativePath(folder, f.File)} is for ELF machine {f.Machine}").Order(StringComparer.Ordinal).ToList();
        if (!natives.Exists(f => Path.GetFileName(f.File) == Sqlite)) wrong.Add($"{Sqlite} is missing");
        if (wrong.Count > 0) throw new ProcessException($"the program for linux-{machine.Name} (ELF machine {machine.Elf}) cannot run: {string.Join("; ", wrong)}");
    }
}
