using System.Text;
using Heldar.Edge.Access;
using NodaTime;

namespace Heldar.Edge.Tests.Access;

public sealed class TotpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    /// <summary>RFC 6238 appendix B, SHA-1.</summary>
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void Code_IsThatOfTheStandard(long seconds, string code) => Assert.Equal(code, Totp.Code(Secret, Totp.StepAt(Instant.FromUnixTimeSeconds(seconds)), 8));

    /// <summary>RFC 4226 appendix D.</summary>
    [Theory]
    [InlineData(0, "755224")]
    [InlineData(1, "287082")]
    [InlineData(9, "520489")]
    public void Code_HasSixDigits(long step, string code) => Assert.Equal(code, Totp.Code(Secret, step));

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Match_TakesOneStepEitherWay(int off, bool fits)
    {
        var now = Instant.FromUnixTimeSeconds(3_000_000_015);
        Assert.Equal(fits, Totp.Match(Secret, Totp.Code(Secret, Totp.StepAt(now) + off), now, 0) is not null);
    }

    [Fact]
    public void Match_RefusesAStepThatWasUsed_AndEarlierOnes()
    {
        var now = Instant.FromUnixTimeSeconds(3_000_000_015);
        var step = Totp.StepAt(now);
        Assert.Equal(step, Totp.Match(Secret, Totp.Code(Secret, step), now, step - 1));
        Assert.Null(Totp.Match(Secret, Totp.Code(Secret, step), now, step));
        Assert.Null(Totp.Match(Secret, Totp.Code(Secret, step - 1), now, step));
        Assert.Null(Totp.Match(Secret, "é5522", now, 0));
    }

    /// <summary>RFC 4648 chapter 10.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base32_IsThatOfTheStandard(string text, string coded) => Assert.Equal(coded, Totp.ToBase32(Encoding.ASCII.GetBytes(text)));
}
