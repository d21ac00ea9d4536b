using Heldar.Cloud.Coverage;
using NodaTime;

namespace Heldar.Cloud.Tests.Coverage;

/// <summary>One hour's sum: each moment counts once.</summary>
public sealed class CoverageHourTests
{
    private const int Minute = 60_000;

    private static readonly Instant Hour = Instant.FromUtc(2026, 11, 21, 10, 0);

    [Fact]
    public void Footage_CountsOnce_HoweverOftenItIsThere()
    {
        var count = CoverageHour.Count(Hour, [Of(50, 70), Of(0, 10), Of(5, 12), Of(-5, 1), Of(8, 9)], [], null, 0);

        Assert.Equal((22 * Minute, 0), (count.PresentMs, count.MissingMs));
        Assert.Empty(count.Causes);
    }

    [Fact]
    public void Gaps_CountWhereNothingIs_AndTheEarlierSaysWhy()
    {
        var count = CoverageHour.Count(Hour, [Of(0, 20), Of(40, 60)], [new(Of(25, 45), "network"), new(Of(15, 30), "stalled")], null, 0);

        Assert.Equal(40 * Minute, count.PresentMs);
        Assert.Equal([("network", 10 * Minute), ("stalled", 10 * Minute)], count.Causes.Select(c => (c.Key, c.Value)));
    }

    [Fact]
    public void Silence_CountsFromTheLastReport_ForWhatNobodyToldOf()
    {
        var count = CoverageHour.Count(Hour, [Of(0, 10), Of(30, 35)], [new(Of(50, 55), "network")], Hour + Duration.FromMinutes(20), 0);

        Assert.Equal([("network", 5 * Minute), (CoverageHour.NotReported, 30 * Minute)], count.Causes.Select(c => (c.Key, c.Value)));
    }

    [Theory]
    [InlineData(-90)]
    [InlineData(0)]
    public void Silence_OfTheWholeHour_IsTheWholeHour(int from) =>
        Assert.Equal(CoverageHour.HourMs, CoverageHour.Count(Hour, [], [], Hour + Duration.FromMinutes(from), 0).MissingMs);

    [Fact]
    public void Report_OfTheHoursEnd_LeavesNoSilence() => Assert.Equal(0, CoverageHour.Count(Hour, [], [], Hour + Duration.FromHours(1), 0).MissingMs);

    [Theory]
    [InlineData(60, 20, 40)]
    [InlineData(20, 20, 0)]
    [InlineData(10, 20, 0)]
    public void Deletion_IsWhatWasThere_AndIsNotAnyMore(int was, int there, int deleted) =>
        Assert.Equal(deleted * Minute, CoverageHour.Count(Hour, [Of(0, there)], [], null, was * Minute).Causes.GetValueOrDefault(CoverageHour.Deleted));

    [Fact]
    public void Sum_IsNeverMoreThanAnHour_WhateverIsClaimed()
    {
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var footage = Enumerable.Range(0, random.Next(8)).Select(_ => Any()).ToList();
            var gaps = Enumerable.Range(0, random.Next(8)).Select(n => new CausedStretch(Any(), $"cause{n % 3}")).ToList();

            var count = CoverageHour.Count(Hour, footage, gaps, random.Next(2) == 0 ? Hour + Duration.FromMinutes(random.Next(-30, 90)) : null, random.Next(CoverageHour.HourMs));

            // Counted again second by second.
            var seconds = Enumerable.Range(0, 3600).Select(s => Hour.ToUnixTimeMilliseconds() + (s * 1000L)).ToList();
            Assert.Equal(seconds.Count(s => footage.Exists(f => f.From <= s && s < f.To)) * 1000, count.PresentMs);
            Assert.Equal(
                seconds.Count(s => !footage.Exists(f => f.From <= s && s < f.To) && gaps.Exists(g => g.Stretch.From <= s && s < g.Stretch.To)) * 1000,
                count.Causes.Where(c => c.Key.StartsWith("cause", StringComparison.Ordinal)).Sum(c => c.Value));
            Assert.InRange(count.PresentMs + count.MissingMs, 0, CoverageHour.HourMs);
        }

        Stretch Any()
        {
            var from = Hour.ToUnixTimeMilliseconds() + (random.Next(-1800, 3600) * 1000L);
            return new(from, from + (random.Next(0, 2000) * 1000L));
        }
    }

    private static Stretch Of(int from, int to) => Stretch.Of(Hour + Duration.FromMinutes(from), Hour + Duration.FromMinutes(to));
}
