using System.Security.Cryptography;
using System.Text;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Tests.Secrets;

public sealed class SecretBoxTests
{
    private static readonly SecretKey Key = SecretKey.New();
    private readonly SecretBox _box = new(new KeyRing([Key]));

    [Fact]
    public void Seal_GivesADifferentTextEachTime_ThatOpensToTheSame()
    {
        var (a, b) = (_box.Seal(new Secret("pässword"), "camera/1"), _box.Seal(new Secret("pässword"), "camera/1"));

        Assert.NotEqual(a, b);
        Assert.StartsWith("enc:v1:", a, StringComparison.Ordinal);
        Assert.Equal(Key.Id, SecretBox.KeyIdOf(a));
        Assert.Equal("pässword", _box.Unseal(a, "camera/1").Reveal());
        Assert.Equal("pässword", _box.Unseal(b, "camera/1").Reveal());
    }

    [Fact]
    public void Unseal_Refuses_AnotherOwner_AnotherPurpose_AnotherKey_AndDamage()
    {
        var text = _box.Seal(new Secret("x"), "camera/1/password");
        var other = new SecretBox(new KeyRing([SecretKey.New()]));

        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal(text, "camera/2/password"));
        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal(text, "camera/1/url"));
        Assert.ThrowsAny<CryptographicException>(() => other.Unseal(text, "camera/1/password"));
        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal(text[..^4] + "AAA=", "camera/1/password"));
        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal("enc:v1:" + text.Split(':')[2] + ":AAAA", "camera/1/password"));
        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal("plain", "camera/1/password"));
    }

    [Fact]
    public void Ring_SealsWithTheActiveKey_AndOpensWithAll()
    {
        var old = _box.Seal(new Secret("old"), "o");
        var ring = new KeyRing([Key]).With(SecretKey.New());
        var box = new SecretBox(KeyRing.Parse(ring.ToFile()));

        Assert.Equal("old", box.Unseal(old, "o").Reveal());
        Assert.Equal(ring.Active.Id, SecretBox.KeyIdOf(box.Seal(new Secret("new"), "o")));
        Assert.ThrowsAny<CryptographicException>(() => new SecretBox(ring.OnlyActive()).Unseal(old, "o"));
    }

    [Fact]
    public void Ring_ReadsABareKey() => Assert.Equal(Key.Id, KeyRing.Parse([.. Key.Bytes]).Active.Id);

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"version":2,"keys":[]}""")]
    [InlineData("""{"version":1,"keys":[]}""")]
    [InlineData("""{"version":1,"keys":[{"id":"00000000","key":"AAAA"}]}""")]
    [InlineData("""{"version":1,"keys":[{"id":"00000000","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}""")]
    [InlineData("""{"version":1,"keys":[{"id":"66687aad","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},{"id":"66687aad","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}""")]
    public void Ring_RefusesDamage(string file) => Assert.Throws<FormatException>(() => KeyRing.Parse(Encoding.UTF8.GetBytes(file)));

    [Fact]
    public void Secret_IsNeverPrinted() => Assert.Equal("***", $"{new Secret("x")}");
}
