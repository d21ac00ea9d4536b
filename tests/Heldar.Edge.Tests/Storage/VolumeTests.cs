using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

public sealed class VolumeTests : IDisposable
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 21, 4, 37);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Volume_KeepsItsIdentity_WhenItMoves()
    {
        var before = Volume.Open(_folder.File("a"), Now);
        Directory.Move(_folder.File("a"), _folder.File("b"));

        Assert.Equal(before.Id, Volume.Open(_folder.File("b"), Now).Id);
        Assert.NotEqual(before.Id, Volume.Open(_folder.File("a"), Now).Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"version\":2,\"id\":\"0190c0de-0000-7000-8000-000000000002\",\"created\":\"2026-11-21T04:37:00Z\"}")]
    [InlineData("{\"version\":1}")]
    public void Volume_IsRefused_WhenItsIdentityIsDamaged(string identity)
    {
        File.WriteAllText(_folder.File("volume.json"), identity);

        Assert.Throws<InvalidDataException>(() => Volume.Open(_folder.Path, Now));
        Assert.Equal(identity, File.ReadAllText(_folder.File("volume.json")));
    }

    [Theory]
    [InlineData("gate/x.mp4", true)]
    [InlineData("", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("../x.mp4", false)]
    [InlineData("gate/../../x.mp4", false)]
    [InlineData(".", false)]
    public void Resolve_StaysBelowTheRoot(string path, bool inside) => Assert.Equal(inside, Volume.Open(_folder.Path, Now).Resolve(path) is not null);

    /// <summary>The root may be reached by links, nothing below it.</summary>
    [Fact]
    public void FirstLink_NamesTheLinkBelowTheRoot()
    {
        Directory.CreateDirectory(_folder.File("disk/gate/2026"));
        Directory.CreateDirectory(_folder.File("outside/11"));
        File.CreateSymbolicLink(_folder.File("root"), _folder.File("disk"));
        var volume = Volume.Open(_folder.File("root"), Now);
        string? Linked(string relative) => volume.FirstLink(volume.Resolve(relative)!);
        Assert.Null(Linked("gate/2026/11/x.mp4"));

        File.CreateSymbolicLink(_folder.File("disk/gate/2026/11"), _folder.File("outside/11"));
        File.CreateSymbolicLink(_folder.File("disk/gate/2026/y.mp4"), _folder.File("nowhere"));
        Assert.Equal(_folder.File("root/gate/2026/11"), Linked("gate/2026/11/21/x.mp4"));
        Assert.Equal(_folder.File("root/gate/2026/y.mp4"), Linked("gate/2026/y.mp4"));
        Assert.Null(Linked("gate/2026/x.mp4"));
        Assert.Null(Linked("gat"));
    }

    [Fact]
    public void Space_IsThatOfTheFileSystem()
    {
        var (free, total) = Volume.Open(_folder.Path, Now).Space();

        Assert.InRange(free, 1, total);
    }

    [Fact]
    public void Options_NameEveryMistake() =>
        Assert.Equal(2, new StorageOptions { MaxQueuedBytes = 1, SyncInterval = Duration.FromSeconds(9) }.Validate().Count);
}
