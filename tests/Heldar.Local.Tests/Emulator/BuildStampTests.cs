using Heldar.Local.Emulator;
using Heldar.Testing;

namespace Heldar.Local.Tests.Emulator;

public sealed class BuildStampTests : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create("stamp");

    public BuildStampTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "Room"));
        File.WriteAllText(Source, "one");
    }

    private string Source => Path.Combine(_folder, "Room", "A.cs");

    private string Fingerprint => BuildStamp.Fingerprint([_folder]);

    public void Dispose() => TemporaryFolder.Delete(_folder);

    [Fact]
    public void Fingerprint_Stays_WhenABuildMakesItsFolders()
    {
        string before = Fingerprint;
        foreach (string name in (string[])["bin", "obj"])
        {
            Directory.CreateDirectory(Path.Combine(_folder, name));
            File.WriteAllText(Path.Combine(_folder, name, "x.dll"), "built");
        }

        Directory.SetLastWriteTimeUtc(_folder, DateTime.UnixEpoch);
        Assert.Equal(before, Fingerprint);
    }

    [Theory]
    [InlineData("written")]
    [InlineData("removed")]
    [InlineData("added")]
    public void Fingerprint_Changes_WhenASourceIs(string what)
    {
        string before = Fingerprint;
        if (what == "removed") File.Delete(Source);
        else File.WriteAllText(what == "written" ? Source : Source + ".cs", "other");
        Assert.NotEqual(before, Fingerprint);
    }
}
