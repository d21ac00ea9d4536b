using Heldar.Media.Rtsp;

namespace Heldar.Media.Tests.Rtsp;

public sealed class RtspAuthenticatorTests
{
    private const string Nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";

    /// <summary>The example of RFC 7616 §3.9.1.</summary>
    [Theory]
    [InlineData("MD5", "8ca523f5e9506fed4657c9700eebdbec")]
    [InlineData("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")]
    public void Digest_MatchesRfc7616(string algorithm, string response)
    {
        var challenge = AuthChallenge.ParseAll(
            $"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, nonce=\"{Nonce}\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"")[0];
        var header = new RtspAuthenticator("Mufasa", "Circle of Life").Digest(challenge, "GET", "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
        Assert.Contains($"response=\"{response}\"", header, StringComparison.Ordinal);
        Assert.Contains("nc=00000001", header, StringComparison.Ordinal);
        Assert.Contains("opaque=\"FQhe", header, StringComparison.Ordinal);
    }

    [Fact]
    public void NonceCount_CountsUp_AndStartsOverWithANewNonce()
    {
        var authenticator = new RtspAuthenticator("u", "p");
        Assert.True(authenticator.Accept(["Digest realm=\"r\", nonce=\"a\", qop=\"auth\""], out _));
        Assert.Contains("nc=00000001", authenticator.Authorize("PLAY", "x"), StringComparison.Ordinal);
        Assert.Contains("nc=00000002", authenticator.Authorize("PLAY", "x"), StringComparison.Ordinal);
        Assert.True(authenticator.Accept(["Digest realm=\"r\", nonce=\"b\", qop=\"auth\", stale=TRUE"], out var fresh));
        Assert.True(fresh && authenticator.IsStale);
        Assert.Contains("nc=00000001", authenticator.Authorize("PLAY", "x"), StringComparison.Ordinal);
    }

    [Fact]
    public void StrongestChallenge_Wins()
    {
        var authenticator = new RtspAuthenticator("u", "p");
        authenticator.Accept(["Basic realm=\"r\"", "Digest realm=\"r\", nonce=\"a\"", "Digest realm=\"r\", nonce=\"c\", algorithm=SHA-256"], out _);
        Assert.Contains("nonce=\"c\"", authenticator.Authorize("PLAY", "x"), StringComparison.Ordinal);
        Assert.False(authenticator.Accept(["Bearer realm=\"r\"", "Digest realm=\"r\", nonce=\"a\", algorithm=SHA-512"], out _));
        Assert.False(new RtspAuthenticator(null, null).Accept(["Basic realm=\"r\""], out _));
    }

    [Fact]
    public void Challenges_WithQuotedCommasAndEscapes_AreRead()
    {
        var all = AuthChallenge.ParseAll("Basic realm=\"a, b=\\\"c\\\"\", Digest  nonce = xyz ,stale=false");
        Assert.Equal(["basic", "digest"], all.Select(c => c.Scheme));
        Assert.Equal("a, b=\"c\"", all[0].Parameter("realm"));
        Assert.Equal("xyz", all[1].Parameter("nonce"));
    }

    [Theory]
    [InlineData("rtsp://h/x", "", "rtsp://h/x")]
    [InlineData("rtsp://h/x", "*", "rtsp://h/x")]
    [InlineData("rtsp://h/x/", "track1", "rtsp://h/x/track1")]
    [InlineData("rtsp://h/x?a=1", "trackID=0", "rtsp://h/x?a=1/trackID=0")]
    [InlineData("rtsp://h/x", "rtsp://u:p@h:554/x/t", "rtsp://h:554/x/t")]
    public void Control_IsJoinedTheWayCamerasExpect(string baseUrl, string control, string expected) => Assert.Equal(expected, RtspClient.Resolve(baseUrl, control));
}
