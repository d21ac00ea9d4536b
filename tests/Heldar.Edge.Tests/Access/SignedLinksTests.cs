using Heldar.Edge.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using NodaTime;

namespace Heldar.Edge.Tests.Access;

public sealed class SignedLinksTests
{
    private static readonly Caller Maker = new(CallerKind.ApiKey, Guid.CreateVersion7(), "door", BoxRole.Viewer, Capability.VideoPlayback, CameraScope.All);
    private readonly ManualClock _clock = new();
    private readonly SignedLinks _links;

    public SignedLinksTests() => _links = new SignedLinks(new byte[32], _clock);

    [Fact]
    public void Link_Works_UntilItExpires()
    {
        var link = _links.Sign("/media/recordings/a.mp4", Maker);

        Assert.True(Allows(link));
        _clock.Advance(SignedLinks.Lifetime);
        Assert.True(Allows(link));
        _clock.Advance(Duration.FromSeconds(1));
        Assert.False(Allows(link));
    }

    [Fact]
    public void Link_IsBoundToItsPath() => Assert.False(Allows(_links.Sign("/media/recordings/a.mp4", Maker).Replace("a.mp4", "b.mp4", StringComparison.Ordinal)));

    [Fact]
    public void Link_OfAnotherKey_IsRefused() => Assert.False(Allows(new SignedLinks([.. new byte[31], 1], _clock).Sign("/media/recordings/a.mp4", Maker)));

    [Fact]
    public void Link_NamesItsMaker_AndNoOther()
    {
        var link = _links.Sign("/m", Maker);
        Assert.Equal((CallerKind.ApiKey, Maker.Id), MakerOf(link));
        Assert.Equal((CallerKind.User, Maker.Id), MakerOf(_links.Sign("/m", Maker with { Kind = CallerKind.User })));
        Assert.Null(MakerOf(link.Replace($"{Maker.Id:N}", $"{Guid.CreateVersion7():N}", StringComparison.Ordinal)));
        Assert.Null(MakerOf(link.Replace("by=k", "by=u", StringComparison.Ordinal)));
        Assert.Null(MakerOf(link.Replace($"&by=k{Maker.Id:N}", "", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/m?exp=99999999999&by=k00000000000000000000000000000000&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("/m?exp=99999999999&by=&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("/m?exp=99999999999&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("/m?exp=-1&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("/m?exp=1e9&sig=x")]
    [InlineData("/m?sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("/m?exp=99999999999&exp=99999999999&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("/m")]
    public void Link_ThatIsForged_IsRefused(string link) => Assert.False(Allows(link));

    [Fact]
    public void Link_WithALaterExpiry_IsRefused()
    {
        var link = _links.Sign("/m", Maker);
        var exp = QueryHelpers.ParseQuery(link[link.IndexOf('?', StringComparison.Ordinal)..])["exp"].ToString();
        Assert.False(Allows(link.Replace(exp, exp[..^1] + (exp[^1] == '9' ? '8' : (char)(exp[^1] + 1)), StringComparison.Ordinal)));
    }

    private bool Allows(string link) => MakerOf(link) is not null;

    private (CallerKind Kind, Guid Id)? MakerOf(string link)
    {
        var parts = link.Split('?', 2);
        var query = QueryHelpers.ParseQuery(parts.Length > 1 ? parts[1] : "");
        return _links.MakerOf(parts[0], new QueryCollection(query));
    }
}
