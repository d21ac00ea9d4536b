using Heldar.Local.Packaging;
using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.Local.Tests.Packaging;

public sealed class BoxPackagesTests : IDisposable
{
    private const long SourceDate = 1_790_000_000;
    private readonly string _folder = TemporaryFolder.Create("packages");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => TemporaryFolder.Delete(_folder);

    [Fact]
    public async Task SameInput_GivesTheSameBytes_AndAnotherInputOthers()
    {
        var first = await PackAsync("one", Published("a", ["heldar-edge.dll", "heldar-edge", "libe_sqlite3.so"], "content"));
        var again = await PackAsync("two", Published("b", ["libe_sqlite3.so", "heldar-edge", "heldar-edge.dll"], "content"));
        var other = await PackAsync("three", Published("c", ["heldar-edge.dll", "heldar-edge", "libe_sqlite3.so"], "Content"));

        Assert.Equal(first.Select(Path.GetFileName), again.Select(Path.GetFileName));
        Assert.Equal(["heldar-edge-1.2.3-rc1-linux-x64.tar.gz", "heldar-edge_1.2.3~rc1_amd64.deb", "SHA256SUMS-x64"], first.Select(Path.GetFileName));
        for (var i = 0; i < first.Count; i++)
        {
            Assert.Equal(File.ReadAllBytes(first[i]), File.ReadAllBytes(again[i]));
            Assert.NotEqual(File.ReadAllBytes(first[i]), File.ReadAllBytes(other[i]));
        }
    }

    [Fact]
    public async Task Packages_HoldTheProgram_WithoutOwnersAndOtherMachines()
    {
        var files = await PackAsync("out", Published("a", ["heldar-edge", "createdump", "heldar-edge.dll", "heldar-edge.xml", "runtimes/linux-arm64/native/x.so", "runtimes/linux-x64/native/x.so", "runtimes/win-x64/native/x.dll"], "#!/bin/sh\n"));
        var tarball = (await Tool.RunAsync("tar", ["-tvzf", files[0], "--utc"], Cancellation)).OutputOrThrow("tar");
        var package = (await Tool.RunAsync("dpkg-deb", ["--contents", files[1]], Cancellation)).OutputOrThrow("dpkg-deb");
        var control = (await Tool.RunAsync("dpkg-deb", ["--field", files[1]], Cancellation)).OutputOrThrow("dpkg-deb");

        foreach (var list in (string[])[tarball, package])
        {
            Assert.Contains("runtimes/linux-x64/native/x.so", list, StringComparison.Ordinal);
            Assert.DoesNotContain("arm64", list, StringComparison.Ordinal);
            Assert.DoesNotContain("win-x64", list, StringComparison.Ordinal);
            Assert.DoesNotContain(".xml", list, StringComparison.Ordinal);
            Assert.All(list.TrimEnd().Split('\n'), line => Assert.Matches("^[-dl]r(wx?r-x?r-x?|w-r--r--|wxr-xr-x|wxrwxrwx)", line));
            Assert.All(list.TrimEnd().Split('\n'), line => Assert.Matches("(root/root|0/0)", line));
        }

        Assert.Contains("heldar-edge-1.2.3-rc1-linux-x64/install.sh", tarball, StringComparison.Ordinal);
        Assert.Matches(@"-rwxr-xr-x root/root +\d+ \S+ \S+ ./usr/lib/heldar-edge/heldar-edge\n", package);
        Assert.Matches(@"-rwxr-xr-x 0/0 +\d+ \S+ \S+ heldar-edge-1.2.3-rc1-linux-x64/bin/createdump\n", tarball);
        Assert.Contains("./usr/bin/heldar-edge -> /opt/heldar/current/heldar-edge", package, StringComparison.Ordinal);
        Assert.Contains("./lib/systemd/system/heldar-edge.service", package, StringComparison.Ordinal);
        foreach (var name in (string[])["lib/systemd/system/heldar-smart.service", "lib/systemd/system/heldar-smart.timer", "usr/sbin/heldar-smart"])
        {
            Assert.Contains("./" + name + "\n", package, StringComparison.Ordinal);
            Assert.Contains($"heldar-edge-1.2.3-rc1-linux-x64/{Path.GetFileName(name)}\n", tarball, StringComparison.Ordinal);
        }

        Assert.Contains("Version: 1.2.3~rc1\nArchitecture: amd64\n", control, StringComparison.Ordinal);
        Assert.DoesNotContain('@', control.Replace("packages@heldar.example", "", StringComparison.Ordinal));
        Assert.Equal("/etc/heldar/heldar.yaml\n", (await Tool.RunAsync("dpkg-deb", ["--info", files[1], "conffiles"], Cancellation)).OutputOrThrow("dpkg-deb"));
    }

    [Fact]
    public void Settings_HoldNoPassword() =>
        Assert.DoesNotContain(File.ReadLines(Repository.File("infra", "package", "heldar.yaml")), line => !line.StartsWith('#') && line.Contains("password", StringComparison.OrdinalIgnoreCase));

    [Theory]
    [InlineData("1.2")]
    [InlineData("1.2.3/../..")]
    [InlineData("v1.2.3")]
    [InlineData("1.2.3 ")]
    [InlineData("")]
    public void Version_ThatCannotNameAFolder_IsRefused(string version) => Assert.Throws<ProcessException>(() => (Options("x") with { Version = version }).Validated());

    [Fact]
    public async Task Runtime_IsTaken_WithoutSdkAndOtherVersions()
    {
        var runtime = await DotnetRuntime.OpenAsync(Runtime(Machine.Arm64.Elf), Machine.Arm64, Path.Combine(_folder, "scratch"), Cancellation);
        runtime.CopyTo(Path.Combine(_folder, "taken"));

        Assert.Equal(
            ["dotnet", "host/fxr/10.0.10/f", "shared/Microsoft.AspNetCore.App/10.0.10/f", "shared/Microsoft.NETCore.App/10.0.10/f"],
            Directory.EnumerateFiles(Path.Combine(_folder, "taken"), "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Path.Combine(_folder, "taken"), f)).Order(StringComparer.Ordinal));
    }

    /// <summary>The way of a machine without the runtime packs of arm64: the portable program beside a runtime that was fetched, here one that only looks like it.</summary>
    [Fact]
    public async Task Arm64_IsPackedWithTheRuntimeThatIsGiven_AndOnlyWithNativeFilesOfIt()
    {
        var published = Published("a", ["heldar-edge.dll", "runtimes/linux-x64/native/libe_sqlite3.so", "runtimes/linux-arm64/native/libe_sqlite3.so"], "content");
        foreach (var machine in (Machine[])[Machine.X64, Machine.Arm64])
        {
            var library = Path.Combine(published, $"runtimes/linux-{machine.Name}/native/libe_sqlite3.so");
            File.Delete(library);
            File.WriteAllBytes(library, ElfHead(machine.Elf));
        }

        var archive = Path.Combine(_folder, "aspnetcore-runtime-10.0.10-linux-arm64.tar.gz");
        (await Tool.RunAsync("tar", ["-czf", archive, "-C", Runtime(Machine.Arm64.Elf), "."], Cancellation)).OutputOrThrow("tar");

        var files = await PackAsync("out", published, Machine.Arm64, archive);

        Assert.Equal(["heldar-edge-1.2.3-rc1-linux-arm64.tar.gz", "heldar-edge_1.2.3~rc1_arm64.deb", "SHA256SUMS-arm64"], files.Select(Path.GetFileName));
        Assert.Equal("arm64\n", (await Tool.RunAsync("dpkg-deb", ["--field", files[1], "Architecture"], Cancellation)).OutputOrThrow("dpkg-deb"));
        var tree = Path.Combine(_folder, "unpacked");
        (await Tool.RunAsync("dpkg-deb", ["--extract", files[1], tree], Cancellation)).OutputOrThrow("dpkg-deb");
        var program = Path.Combine(tree, "usr/lib/heldar-edge");
        Assert.Equal(
            ["dotnet/dotnet", "runtimes/linux-arm64/native/libe_sqlite3.so"],
            Directory.EnumerateFiles(program, "*", SearchOption.AllDirectories).Where(f => Elf.MachineOf(f) == Machine.Arm64.Elf).Select(f => Path.GetRelativePath(program, f)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(Directory.EnumerateFiles(program, "*", SearchOption.AllDirectories), f => Elf.MachineOf(f) is { } found && found != Machine.Arm64.Elf);
        Assert.EndsWith("exec \"$here/dotnet/dotnet\" \"$here/heldar-edge.dll\" \"$@\"\n", File.ReadAllText(Path.Combine(program, "heldar-edge")), StringComparison.Ordinal);
        Assert.True(File.GetUnixFileMode(Path.Combine(program, "heldar-edge")).HasFlag(UnixFileMode.UserExecute));
        Assert.True(File.GetUnixFileMode(Path.Combine(program, "dotnet/dotnet")).HasFlag(UnixFileMode.UserExecute));
        Elf.Verify(program, Machine.Arm64);
        Assert.Throws<ProcessException>(() => Elf.Verify(program, Machine.X64));
    }

    [Fact]
    public async Task Runtime_ForAnotherProcessor_OrWithoutAParts_IsRefused()
    {
        var wrong = await Assert.ThrowsAsync<ProcessException>(() => DotnetRuntime.OpenAsync(Runtime(Machine.X64.Elf), Machine.Arm64, _folder, Cancellation));
        Assert.Contains("another processor", wrong.Message, StringComparison.Ordinal);
        Directory.Delete(Path.Combine(_folder, "runtime/shared/Microsoft.AspNetCore.App"), recursive: true);
        var bare = await Assert.ThrowsAsync<ProcessException>(() => DotnetRuntime.OpenAsync(Path.Combine(_folder, "runtime"), Machine.X64, _folder, Cancellation));
        Assert.Contains("shared/Microsoft.AspNetCore.App/10.* is missing", bare.Message, StringComparison.Ordinal);
        var empty = await Assert.ThrowsAsync<ProcessException>(() => DotnetRuntime.OpenAsync(Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName, Machine.X64, _folder, Cancellation));
        Assert.Contains("aspnetcore-runtime-10.0.*-linux-x64.tar.gz", empty.Message, StringComparison.Ordinal);
    }

    private string Runtime(ushort machine)
    {
        var root = Path.Combine(_folder, "runtime");
        foreach (var file in (string[])["host/fxr/10.0.9/f", "host/fxr/10.0.10/f", "shared/Microsoft.NETCore.App/9.0.1/f", "shared/Microsoft.NETCore.App/10.0.10/f", "shared/Microsoft.AspNetCore.App/10.0.10/f", "sdk/10.0.401/f"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, file))!);
            File.WriteAllText(Path.Combine(root, file), "x");
        }

        File.WriteAllBytes(Path.Combine(root, "dotnet"), ElfHead(machine));
        return root;
    }

    private static byte[] ElfHead(ushort machine)
    {
        var elf = new byte[64];
        "\u007fELF"u8.CopyTo(elf);
        BitConverter.TryWriteBytes(elf.AsSpan(18), machine);
        return elf;
    }

    private string Published(string name, string[] files, string content)
    {
        foreach (var file in files)
        {
            var path = Path.Combine(_folder, name, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, file.EndsWith("createdump", StringComparison.Ordinal) ? "\u007fELF and at least twenty bytes" : content);
            File.SetUnixFileMode(path, (UnixFileMode)Random.Shared.Next(0x100, 0x200));
        }

        return Path.Combine(_folder, name);
    }

    private async Task<IReadOnlyList<string>> PackAsync(string name, string published, Machine? machine = null, string? archive = null)
    {
        var scratch = Path.Combine(_folder, "scratch-" + name);
        var options = Options(name, machine) with { Runtime = archive };
        var runtime = archive is null ? null : await DotnetRuntime.OpenAsync(archive, options.Machine, Path.Combine(scratch, "runtime"), Cancellation);
        ProgramBuild.Compose(options, published, Path.Combine(scratch, "program"), runtime);
        return await BoxPackages.PackAsync(options, Path.Combine(scratch, "program"), scratch, _ => { }, Cancellation);
    }

    private PackageOptions Options(string name, Machine? machine = null) => new("1.2.3-rc1", Path.Combine(_folder, name), machine ?? Machine.X64) { SourceDate = SourceDate };
}
