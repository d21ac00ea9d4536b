using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Heldar.Local.Processes;

namespace Heldar.Local.Packaging;

/// <summary>Puts a program's folder into a tarball and a Debian package. The same folder and options give the same bytes.</summary>
internal static class BoxPackages
{
    /// <summary>Builds everything and writes it, with <c>SHA256SUMS</c>.</summary>
    /// <returns>The files.</returns>
    public static async Task<IReadOnlyList<string>> MakeAsync(PackageOptions options, Action<string> progress, CancellationToken cancellation)
    {
        Need("tar", "tar");
        Need("dpkg-deb", "dpkg");
        var scratch = Directory.CreateTempSubdirectory("heldar-package-").FullName;
        try
        {
            var program = Path.Combine(scratch, "program");
            await ProgramBuild.MakeAsync(options, program, scratch, progress, cancellation);
            return await PackAsync(options, program, scratch, progress, cancellation);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>Packs a program's folder.</summary>
    public static async Task<IReadOnlyList<string>> PackAsync(PackageOptions options, string program, string scratch, Action<string> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.Out);
        progress("writing the tarball and the Debian package");
        string[] files = [await TarballAsync(options, program, scratch, cancellation), await DebianAsync(options, program, scratch, cancellation)];
        var sums = new StringBuilder();
        foreach (var file in files)
        {
            await using var stream = File.OpenRead(file);
            sums.Append(Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation))).Append("  ").Append(Path.GetFileName(file)).Append('\n');
        }

        var list = Path.Combine(options.Out, $"SHA256SUMS-{options.Machine.Name}");
        await File.WriteAllTextAsync(list, sums.ToString(), cancellation);
        return [.. files, list];
    }

    private static async Task<string> TarballAsync(PackageOptions options, string program, string scratch, CancellationToken cancellation)
    {
        var top = Path.Combine(scratch, "tarball", options.Name);
        FileTree.Copy(program, Path.Combine(top, "bin"), _ => true);
        foreach (var name in (string[])["heldar-edge-upgrade", "heldar-edge.service", "heldar-smart", "heldar-smart.service", "heldar-smart.timer", "heldar.yaml", "install.sh", "README.md"]) FileTree.CopyFile(Part(name), Path.Combine(top, name));
        FileTree.CopyFile(Repository.File("LICENSE"), Path.Combine(top, "LICENSE"));
        FileTree.Settle(top, options.SourceDate);
        var file = Path.Combine(options.Out, options.Name + ".tar.gz");
        // gzip -n: neither name nor time of the tar is kept.
        (await Tool.RunAsync(
            "tar",
            [
                "--create", "--file", file, "--use-compress-program", "gzip -n -6", "--sort=name", "--format=gnu", $"--mtime=@{options.SourceDate}", "--owner=0", "--group=0", "--numeric-owner",
                "--hard-dereference", "-C", Path.GetDirectoryName(top)!, options.Name,
            ],
            cancellation)).OutputOrThrow("tar");
        return file;
    }

    private static async Task<string> DebianAsync(PackageOptions options, string program, string scratch, CancellationToken cancellation)
    {
        var root = Path.Combine(scratch, "deb");
        FileTree.Copy(program, Path.Combine(root, "usr/lib/heldar-edge"), _ => true);
        FileTree.CopyFile(Part("heldar-edge-upgrade"), Path.Combine(root, "usr/sbin/heldar-edge-upgrade"));
        FileTree.CopyFile(Part("heldar-smart"), Path.Combine(root, "usr/sbin/heldar-smart"));
        foreach (var unit in (string[])["heldar-edge.service", "heldar-smart.service", "heldar-smart.timer"]) FileTree.CopyFile(Part(unit), Path.Combine(root, "lib/systemd/system", unit));
        FileTree.CopyFile(Part("heldar.yaml"), Path.Combine(root, "etc/heldar/heldar.yaml"));
        FileTree.CopyFile(Part("README.md"), Path.Combine(root, "usr/share/doc/heldar-edge/README.md"));
        FileTree.CopyFile(Repository.File("LICENSE"), Path.Combine(root, "usr/share/doc/heldar-edge/copyright"));
        Directory.CreateDirectory(Path.Combine(root, "usr/bin"));
        File.CreateSymbolicLink(Path.Combine(root, "usr/bin/heldar-edge"), "/opt/heldar/current/heldar-edge");

        foreach (var name in (string[])["conffiles", "postinst", "prerm", "postrm"]) FileTree.CopyFile(Part("debian", name), Path.Combine(root, "DEBIAN", name));
        var kibibytes = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Sum(f => (new FileInfo(f).Length + 1023) / 1024);
        var control = (await File.ReadAllTextAsync(Part("debian", "control"), cancellation))
            .Replace("@VERSION@", options.DebianVersion, StringComparison.Ordinal)
            .Replace("@DEBARCH@", options.Machine.Debian, StringComparison.Ordinal)
            .Replace("@SIZE@", kibibytes.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(root, "DEBIAN/control"), control, cancellation);
        FileTree.Settle(root, options.SourceDate);
        // The time of a link itself cannot be set from .NET.
        var time = $"@{options.SourceDate}";
        (await Tool.RunAsync("touch", ["--no-dereference", "--date", time, Path.Combine(root, "usr/bin/heldar-edge")], cancellation)).OutputOrThrow("touch");
        (await Tool.RunAsync("touch", ["--date", time, Path.Combine(root, "usr/bin")], cancellation)).OutputOrThrow("touch");

        var file = Path.Combine(options.Out, $"heldar-edge_{options.DebianVersion}_{options.Machine.Debian}.deb");
        Dictionary<string, string?> environment = new() { ["SOURCE_DATE_EPOCH"] = options.SourceDate.ToString(CultureInfo.InvariantCulture) };
        (await Tool.RunAsync("dpkg-deb", ["--root-owner-group", "-Zgzip", "-z6", "--build", root, file], cancellation, environment)).OutputOrThrow("dpkg-deb");
        return file;
    }

    private static string Part(params string[] path) => Repository.File(["infra", "package", .. path]);

    private static void Need(string tool, string package)
    {
        if (Tool.Find(tool) is null) throw new ProcessException($"{tool} is needed: apt-get install -y {package}");
    }
}
