using System.Security.Cryptography;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Tests.Secrets;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SecretBoxTests
{
    private readonly SecretBox _box = new(RandomNumberGenerator.GetBytes(32));

    [Fact]
    public void Seal_GivesADifferentTextEachTime_ThatOpensToTheSame()
    {
        var (a, b) = (_box.Seal(new Secret("pässword"), "camera/1"), _box.Seal(new Secret("pässword"), "camera/1"));

        Assert.NotEqual(a, b);
        Assert.StartsWith("enc:v1:", a, StringComparison.Ordinal);
        Assert.Equal("pässword", _box.Unseal(a, "camera/1").Reveal());
        Assert.Equal("pässword", _box.Unseal(b, "camera/1").Reveal());
    }

    [Fact]
    public void Unseal_Refuses_AnotherOwner_AnotherKey_AndDamage()
    {
        var text = _box.Seal(new Secret("x"), "camera/1");
        var other = new SecretBox(RandomNumberGenerator.GetBytes(32));

        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal(text, "camera/2"));
        Assert.ThrowsAny<CryptographicException>(() => other.Unseal(text, "camera/1"));
        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal(text[..^4] + "AAA=", "camera/1"));
        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal("enc:v1:" + text.Split(':')[2] + ":AAAA", "camera/1"));
        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal("plain", "camera/1"));
    }

    [Fact]
    public void Open_MakesAPrivateKeyFileOnce()
    {
        using var folder = new TemporaryFolder();
        var text = SecretBox.Open(folder.Path).Seal(new Secret("x"), "o");

        Assert.Equal("x", SecretBox.Open(folder.Path).Unseal(text, "o").Reveal());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("secrets.key")));
    }

    [Fact]
    public void Secret_IsNeverPrinted() => Assert.Equal("***", $"{new Secret("x")}");
}
