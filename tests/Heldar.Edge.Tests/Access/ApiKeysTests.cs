using Heldar.Edge.Access;

namespace Heldar.Edge.Tests.Access;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ApiKeysTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Add_KeepsOnlyTheHash_InAPrivateFile()
    {
        var key = Keys().Add("first", BoxRole.Admin);

        var file = _folder.File("api-keys.json");
        Assert.DoesNotContain(key, File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(32, Convert.FromBase64String(key[ApiKeys.Prefix.Length..].Replace('-', '+').Replace('_', '/') + "=").Length);
    }

    [Fact]
    public void Find_SeesAKeyThatAnotherProcessAdded()
    {
        var running = Keys();
        Assert.False(running.Any());

        var key = Keys().Add("added beside it", BoxRole.Viewer);

        Assert.Equal(BoxRole.Viewer, running.Find(key)!.Role);
        Assert.True(running.Any());
    }

    [Theory]
    [InlineData("")]
    [InlineData("hk_")]
    [InlineData("hk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Find_RefusesOthers(string text)
    {
        var keys = Keys();
        keys.Add("k", BoxRole.Admin);
        Assert.Null(keys.Find(text));
        Assert.Null(keys.Find(new string('x', 100_000)));
    }

    public void Dispose() => _folder.Dispose();

    private ApiKeys Keys() => new(_folder.Path, new ManualClock());
}
