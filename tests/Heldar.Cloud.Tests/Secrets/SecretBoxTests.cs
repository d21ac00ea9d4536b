using System.Security.Cryptography;
using Heldar.Cloud.Secrets;

namespace Heldar.Cloud.Tests.Secrets;

public sealed class SecretBoxTests
{
    private const string Owner = "webhook/main/1/secrets";
    private static readonly string First = Convert.ToBase64String(SHA256.HashData("first"u8));
    private static readonly string Second = Convert.ToBase64String(SHA256.HashData("second"u8));

    [Fact]
    public void SealedText_OpensForItsOwnerAlone_AndNeverLooksTheSameTwice()
    {
        var box = Of(First);

        var sealedText = box.Seal("whsec_ä", Owner);

        Assert.Equal("whsec_ä", box.Open(sealedText, Owner));
        Assert.NotEqual(sealedText, box.Seal("whsec_ä", Owner));
        Assert.DoesNotContain("whsec", sealedText, StringComparison.Ordinal);
        Assert.Throws<AuthenticationTagMismatchException>(() => box.Open(sealedText, "webhook/main/2/secrets"));
    }

    [Fact]
    public void OlderKey_StillOpens_AndTheFirstOneSeals()
    {
        var old = Of(First).Seal("s", Owner);
        var both = Of($"{Second}, {First}");

        Assert.Equal("s", both.Open(old, Owner));
        Assert.False(both.IsCurrent(old));
        Assert.True(both.IsCurrent(both.Seal("s", Owner)));
        Assert.Throws<CryptographicException>(() => Of(Second).Open(old, Owner));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[{\"secret\":\"whsec_x\"}]")]
    [InlineData("enc:v1:0:AAAA")]
    [InlineData("enc:v1:KEY:AAAA")]
    [InlineData("enc:v1:KEY:!!!!")]
    [InlineData("enc:v2:KEY:AAAA")]
    public void WhatIsNotSealed_DoesNotOpen(string text) =>
        Assert.ThrowsAny<CryptographicException>(() => Of(First).Open(text.Replace("KEY", Of(First).Seal("s", Owner).Split(':')[2], StringComparison.Ordinal), Owner));

    [Fact]
    public void ChangedText_DoesNotOpen()
    {
        var box = Of(First);
        var parts = box.Seal("secret", Owner).Split(':');
        var bytes = Convert.FromBase64String(parts[3]);
        for (var n = 0; n < bytes.Length; n++)
        {
            bytes[n] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => box.Open($"enc:v1:{parts[2]}:{Convert.ToBase64String(bytes)}", Owner));
            bytes[n] ^= 1;
        }
    }

    [Fact]
    public void WithoutKeys_NothingIsSealed()
    {
        Assert.False(SecretBox.Parse(" ", out var mistake).CanSeal);
        Assert.Null(mistake);
        Assert.Throws<InvalidOperationException>(() => SecretBox.None.Seal("s", Owner));
    }

    [Theory]
    [InlineData("AAAA")]
    [InlineData("not base64 at all")]
    [InlineData("FIRST,")]
    [InlineData("FIRST,FIRST")]
    public void Parse_NamesTheMistake_AndNeverTheKey(string text)
    {
        var box = SecretBox.Parse(text.Replace("FIRST", First, StringComparison.Ordinal), out var mistake);

        Assert.False(box.CanSeal);
        Assert.StartsWith(SecretBox.Variable, mistake, StringComparison.Ordinal);
        Assert.DoesNotContain(First, mistake, StringComparison.Ordinal);
    }

    private static SecretBox Of(string keys)
    {
        var box = SecretBox.Parse(keys, out var mistake);
        Assert.Null(mistake);
        return box;
    }
}
