using System.Text.RegularExpressions;
using Heldar.Local.Processes;

namespace Heldar.Local.Packaging;

/// <summary>What is packaged. Immutable.</summary>
/// <param name="Version">Version of the package, such as 1.2.3 or 1.2.3-rc1.</param>
/// <param name="Out">Folder that the files are written to.</param>
/// <param name="Machine">For which processor.</param>
internal sealed partial record PackageOptions(string Version, string Out, Machine Machine)
{
    /// <summary>Folder or archive with the official ASP.NET Core runtime to put in; null takes the runtime packs of the package source.</summary>
    public string? Runtime { get; init; }

    /// <summary>Time of every file in the packages, unix seconds: the same input gives the same bytes.</summary>
    public required long SourceDate { get; init; }

    /// <summary>As Debian writes it: a pre-release sorts before its release.</summary>
    public string DebianVersion => Version.Replace('-', '~');

    /// <summary>Name of folder and files, without ending.</summary>
    public string Name => $"heldar-edge-{Version}-linux-{Machine.Name}";

    /// <summary>Checks what people typed.</summary>
    /// <exception cref="ProcessException">The version cannot name a folder and a Debian package.</exception>
    public PackageOptions Validated() =>
        VersionText().IsMatch(Version) ? this : throw new ProcessException($"--version {Version}: must look like 1.2.3 or 1.2.3-rc1");

    [GeneratedRegex(@"^\d{1,5}\.\d{1,5}\.\d{1,5}(-[0-9A-Za-z.]{1,32})?$", RegexOptions.None, 1000)]
    private static partial Regex VersionText();
}

/// <summary>A processor that a box may have.</summary>
/// <param name="Name">As .NET names it.</param>
/// <param name="Debian">As Debian names it.</param>
/// <param name="Elf">Its number in an ELF header (e_machine).</param>
internal sealed record Machine(string Name, string Debian, ushort Elf)
{
    public static Machine X64 { get; } = new("x64", "amd64", 62);

    public static Machine Arm64 { get; } = new("arm64", "arm64", 183);

    /// <summary>By its .NET name.</summary>
    public static Machine Of(string name) => name == X64.Name ? X64 : Arm64;
}
