using Heldar.Local.Packaging;
using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.Local.Tests.Packaging;

/// <summary>What goes into a package must run on its processor: each native file is looked at, those of the real SQLite package too.</summary>
public sealed class ElfTests : IDisposable
{
    private const string Sqlite = "libe_sqlite3.so";
    private readonly string _folder = TemporaryFolder.Create("elf");

    public void Dispose() => TemporaryFolder.Delete(_folder);

    [Theory]
    [InlineData("x64")]
    [InlineData("arm64")]
    public void NativeFiles_OfTheOtherProcessor_AreLeftOut_AndTheRestIsForThisOne(string name)
    {
        var machine = Machine.Of(name);
        var published = Path.Combine(_folder, "published");
        foreach (var each in (string[])["linux-x64", "linux-arm64", "linux-arm", "osx-arm64"]) Put(Real(each), Path.Combine(published, "runtimes", each, "native", Path.GetFileName(Real(each))));
        File.WriteAllText(Path.Combine(published, "heldar-edge.dll"), "portable");
        var program = Path.Combine(_folder, "program");

        ProgramBuild.Compose(new PackageOptions("1.0.0", _folder, machine) { SourceDate = 1 }, published, program, runtime: null);
        Elf.Verify(program, machine);
        Assert.Equal(machine.Elf, Elf.MachineOf(Assert.Single(Directory.GetFiles(program, Sqlite, SearchOption.AllDirectories))));
        Assert.Null(Elf.MachineOf(Path.Combine(program, "heldar-edge.dll")));
        var other = Assert.Throws<ProcessException>(() => Elf.Verify(program, name == "x64" ? Machine.Arm64 : Machine.X64));
        Assert.Contains($"runtimes/linux-{name}/native/{Sqlite} is for ELF machine {machine.Elf}", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_WithoutSqlite_OrWithOneStrangeLibrary_IsRefused()
    {
        Put(Real("linux-x64"), Path.Combine(_folder, "a", "libother.so"));
        Assert.Contains($"{Sqlite} is missing", Assert.Throws<ProcessException>(() => Elf.Verify(Path.Combine(_folder, "a"), Machine.X64)).Message, StringComparison.Ordinal);

        Put(Real("linux-x64"), Path.Combine(_folder, "a", Sqlite));
        Elf.Verify(Path.Combine(_folder, "a"), Machine.X64);
        Put(Real("linux-arm64"), Path.Combine(_folder, "a", "deep", "libcodec.so"));
        Assert.Contains("deep/libcodec.so is for ELF machine 183", Assert.Throws<ProcessException>(() => Elf.Verify(Path.Combine(_folder, "a"), Machine.X64)).Message, StringComparison.Ordinal);
    }

    /// <summary>SQLite as the package brings it, beside the box that was built.</summary>
    private static string Real(string runtime) => Directory.GetFiles(Path.Combine(Path.GetDirectoryName(Heldar.Local.Build.Edge)!, "runtimes", runtime, "native"), "libe_sqlite3.*").Single();

    private static void Put(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to);
    }
}
