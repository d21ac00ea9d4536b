using Heldar.Edge.Access;
using NodaTime;

namespace Heldar.Edge.Tests.Access;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ApiKeysTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();

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
        Assert.Equal(BoxRole.Viewer.Capabilities(), running.Find(key)!.Capabilities);
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

    [Fact]
    public void Keys_OfAnEarlierProgram_GoOnWorking()
    {
        const string Text = "hk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        File.WriteAllText(_folder.File("api-keys.json"), $$"""[{"id":"019aa000-0000-7000-8000-000000000001","name":"first","role":"admin","sha256":"{{SecretToken.Hash(Text)}}","createdAt":"2026-11-01T00:00:00Z"}]""");

        var caller = Keys().Find(Text)!;
        Assert.Equal((BoxRole.Admin, CapabilityNames.All, true), (caller.Role, caller.Capabilities, caller.Cameras.IsAll));
        Keys().Add("second", BoxRole.Viewer);
        Assert.NotNull(Keys().Find(Text));
    }

    [Fact]
    public void RevokedKey_IsRefused_AlsoByAProgramThatKnowsNothingOfRevoking()
    {
        var keys = Keys();
        var (key, text) = keys.Add(new ApiKeyWish("gone", BoxRole.Admin));
        Assert.NotNull(keys.Revoke(key.Id));

        Assert.Null(keys.Find(text));
        Assert.Null(keys.Revoke(key.Id));
        Assert.DoesNotContain(SecretToken.Hash(text), File.ReadAllText(_folder.File("api-keys.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_ThatAnotherProcessRevoked_IsRefusedWithinASecond()
    {
        var running = Keys();
        var (key, text) = running.Add(new ApiKeyWish("gone", BoxRole.Admin));
        Assert.NotNull(running.Find(text));

        Keys().Revoke(key.Id);

        Assert.True(SpinWait.SpinUntil(() => running.Find(text) is null, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Key_Expires()
    {
        var keys = Keys();
        var (_, text) = keys.Add(new ApiKeyWish("short", BoxRole.Viewer) { ExpiresAt = _clock.GetCurrentInstant() + Duration.FromHours(1) });
        Assert.NotNull(keys.Find(text));
        _clock.Advance(Duration.FromHours(1));
        Assert.Null(keys.Find(text));
    }

    [Fact]
    public void Key_MayHaveCapabilitiesAndCamerasOfItsOwn()
    {
        var keys = Keys();
        var caller = keys.Find(keys.Add(new ApiKeyWish("door", null) { Capabilities = ["video:playback", "camera:read"], Cameras = ["gate"] }).Text)!;
        Assert.Equal((null, Capability.VideoPlayback | Capability.CameraRead), (caller.Role, caller.Capabilities));
        Assert.Equal((true, false, false), (caller.Sees("gate"), caller.Sees("yard"), caller.Sees(null)));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null5")]
    [InlineData("[null]")]
    [InlineData("""[{"id":1}]""")]
    [InlineData("""[{"id":"019aa000-0000-7000-8000-000000000001","name":"a","role":"king","sha256":"00","createdAt":"2026-11-01T00:00:00Z"}]""")]
    public void DamagedFile_ChangesNothing_AndIsNotOverwritten(string content)
    {
        var running = Keys();
        var text = running.Add("first", BoxRole.Admin);
        Assert.NotNull(running.Find(text));
        File.WriteAllText(_folder.File("api-keys.json"), content);

        Assert.Null(running.Find("hk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        Assert.NotNull(running.Find(text));
        Assert.True(Keys().Any());
        Assert.Throws<InvalidDataException>(() => running.Add("second", BoxRole.Admin));
        Assert.Equal(content, File.ReadAllText(_folder.File("api-keys.json")));
    }

    [Fact]
    public async Task Add_LosesNoKey_WhenManyProcessesAdd()
    {
        var texts = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() => Keys().Add($"key {i}", BoxRole.Viewer))));
        var keys = Keys();
        Assert.All(texts, t => Assert.NotNull(keys.Find(t)));
    }

    [Theory]
    [InlineData("", "viewer", null, null)]
    [InlineData("a\nb", "viewer", null, null)]
    [InlineData("a", null, null, null)]
    [InlineData("a", "viewer", "camera:read", null)]
    [InlineData("a", null, "camera:fly", null)]
    [InlineData("a", "viewer", null, "../gate")]
    [InlineData("a", "admin", null, "gate")]
    [InlineData("a", null, "access:manage", "gate")]
    public void Wish_ThatMakesNoSense_IsRefused(string name, string? role, string? capability, string? camera) => Assert.Throws<ArgumentException>(() => Keys().Add(
        new ApiKeyWish(name, UserEndpoints.ReadRole(role)) { Capabilities = capability is null ? null : [capability], Cameras = camera is null ? null : [camera] }));

    public void Dispose() => _folder.Dispose();

    private ApiKeys Keys() => new(_folder.Path, _clock);
}
