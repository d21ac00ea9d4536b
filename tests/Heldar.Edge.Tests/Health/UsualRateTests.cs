using Heldar.Edge.Health;
using NodaTime;

namespace Heldar.Edge.Tests.Health;

public sealed class UsualRateTests
{
    [Fact]
    public void Rate_IsLow_AgainstTheCamerasOwn_AfterAWhile_AndNotForAMoment()
    {
        var (rate, now) = (new UsualRate(), Instant.FromUtc(2026, 11, 21, 4, 37));
        bool Look(double fps) => rate.IsLow(fps, now += Duration.FromSeconds(1));

        for (var i = 0; i < 60; i++) Assert.False(Look(12.5));
        Assert.Equal(12.5, rate.Usual, 0.01);
        for (var i = 0; i < 15; i++) Assert.False(Look(5));
        Assert.False(Look(12));
        Assert.Contains(true, Enumerable.Range(0, 25).Select(_ => Look(5)));
        Assert.False(Look(12));
    }
}
