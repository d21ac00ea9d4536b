using System.Globalization;
using Heldar.Local.Processes;

namespace Heldar.Local.Packaging;

/// <summary>
/// An official ASP.NET Core runtime for another machine: the folder (or the <c>aspnetcore-runtime-…-linux-ARCH.tar.gz</c>) that Microsoft publishes, or an
/// installed one. It is put beside the portable build where the runtime packs of that machine cannot be restored.
/// </summary>
internal sealed class DotnetRuntime
{
    private const string Host = "host/fxr";
    private static readonly string[] Shared = ["shared/Microsoft.NETCore.App", "shared/Microsoft.AspNetCore.App"];
    private readonly string _folder;
    private readonly List<string> _parts;

    private DotnetRuntime(string folder, List<string> parts) => (_folder, _parts) = (folder, parts);

    /// <summary>Looks at what was given.</summary>
    /// <param name="source">Folder or .tar.gz.</param>
    /// <param name="machine">The machine that it must be for.</param>
    /// <param name="scratch">Where an archive is unpacked.</param>
    /// <param name="cancellation">Ends tar.</param>
    /// <exception cref="ProcessException">It is not a runtime of .NET 10, or for another machine.</exception>
    public static async Task<DotnetRuntime> OpenAsync(string source, Machine machine, string scratch, CancellationToken cancellation)
    {
        var folder = Path.GetFullPath(source);
        if (File.Exists(folder))
        {
            Directory.CreateDirectory(scratch);
            (await Tool.RunAsync("tar", ["-xzf", folder, "-C", scratch, "--no-same-owner"], cancellation)).OutputOrThrow($"unpacking {source}");
            folder = scratch;
        }

        var muxer = Path.Combine(folder, "dotnet");
        if (!File.Exists(muxer)) throw new ProcessException($"--runtime {source}: there is no program 'dotnet' in it; give the folder or archive of aspnetcore-runtime-10.0.*-linux-{machine.Name}.tar.gz");
        if (Elf.MachineOf(muxer) is var found && found != machine.Elf)
            throw new ProcessException($"--runtime {source}: it is for another processor (ELF machine {found?.ToString(CultureInfo.InvariantCulture) ?? "none"}, linux-{machine.Name} is {machine.Elf})");
        var parts = new List<string>();
        foreach (var part in Shared.Prepend(Host)) parts.Add(Newest(folder, part) ?? throw new ProcessException($"--runtime {source}: {part}/10.* is missing; the ASP.NET Core runtime of .NET 10 is needed, not the bare one"));
        return new DotnetRuntime(folder, parts);
    }

    /// <summary>Copies what a box needs of it, no more: no SDK, no other versions.</summary>
    public void CopyTo(string target)
    {
        Directory.CreateDirectory(target);
        File.Copy(Path.Combine(_folder, "dotnet"), Path.Combine(target, "dotnet"));
        foreach (var notice in (string[])["LICENSE.txt", "ThirdPartyNotices.txt"])
            if (File.Exists(Path.Combine(_folder, notice))) File.Copy(Path.Combine(_folder, notice), Path.Combine(target, notice));
        foreach (var part in _parts) FileTree.Copy(Path.Combine(_folder, part), Path.Combine(target, part), _ => true);
    }

    private static string? Newest(string folder, string part)
    {
        var versions = Path.Combine(folder, part);
        if (!Directory.Exists(versions)) return null;
        return Directory.EnumerateDirectories(versions, "10.*").Select(d => Path.GetFileName(d)!)
            .Where(v => Version.TryParse(v, out _)).OrderBy(Version.Parse).Select(v => $"{part}/{v}").LastOrDefault();
    }
}
