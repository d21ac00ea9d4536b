using Heldar.Local.FunctionsHost;
using Heldar.Local.Processes;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Functions.Tests.FunctionsHost;

public sealed class NCronTabTests
{
    [Theory]
    [InlineData("0 * * * * *", "2026-11-21T02:40:03Z", "2026-11-21T02:41:00Z")]
    [InlineData("*/20 * * * * *", "2026-11-21T02:40:03Z", "2026-11-21T02:40:20Z")]
    [InlineData("0 0 3 * * *", "2026-11-21T03:00:00Z", "2026-11-22T03:00:00Z")]
    [InlineData("30 15,45 8-10 * * 1-5", "2026-11-20T10:45:30Z", "2026-11-23T08:15:30Z")]
    [InlineData("0 0 0 29 2 *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 0 1 1 *", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z")]
    public void Next_IsTheFirstTimeAfter(string text, string after, string next) => Assert.Equal(Parse(next), NCronTab.Parse(text).Next(Parse(after)));

    [Fact]
    public void Next_IsNull_ForADayThatNeverComes() => Assert.Null(NCronTab.Parse("0 0 0 31 2 *").Next(Parse("2026-11-21T00:00:00Z")));

    [Theory]
    [InlineData("* * * * *")]
    [InlineData("60 * * * * *")]
    [InlineData("5-1 * * * * *")]
    [InlineData("*/0 * * * * *")]
    [InlineData("a * * * * *")]
    [InlineData("* * * 0 * *")]
    public void Parse_RefusesWhatIsNoSchedule(string text) => Assert.Throws<ProcessException>(() => NCronTab.Parse(text));

    private static Instant Parse(string text) => InstantPattern.ExtendedIso.Parse(text).Value;
}
