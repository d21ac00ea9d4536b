using Heldar.Edge.Anr;
using NodaTime;

namespace Heldar.Edge.Tests.Anr;

public sealed class AlignmentTests
{
    private static readonly Instant Begin = Instant.FromUtc(2026, 11, 21, 4, 0);
    private static readonly Duration Interval = Duration.FromMilliseconds(40);

    [Fact]
    public void SamePictures_TellHowFarClocksAreApart()
    {
        var known = Pictures(100, 50, Duration.Zero);
        var replayed = Pictures(60, 200, Duration.FromMinutes(-61));

        Assert.Equal(Duration.FromMinutes(61), Alignment.Find(known, replayed, Duration.Zero));
        Assert.Equal(89, Alignment.IndexOf(known[^1], replayed, Duration.FromMinutes(61)));
    }

    [Fact]
    public void StillScene_IsPlacedWhereMostPicturesAgree()
    {
        // Each group of 25 pictures looks like the one before; only the keyframe tells its number.
        var known = Still(50, 100);
        var replayed = Still(0, 300);

        Assert.Equal(Duration.Zero, Alignment.Find(known, replayed, Duration.FromSeconds(1)));
    }

    [Fact]
    public void OtherPictures_GiveNothing()
    {
        Assert.Null(Alignment.Find(Pictures(0, 50, Duration.Zero), Pictures(1000, 100, Duration.Zero), Duration.Zero));
        Assert.Null(Alignment.Find([], Pictures(0, 100, Duration.Zero), Duration.Zero));
        Assert.Null(Alignment.Find(Pictures(0, 50, Duration.Zero), [], Duration.Zero));
    }

    [Fact]
    public void AFewChanceMatches_AreNoPlace() => Assert.Null(Alignment.Find(Pictures(0, 50, Duration.Zero), [new(Begin, 3), new(Begin + Interval, 17)], Duration.Zero));

    private static List<DatedPicture> Pictures(int first, int count, Duration apart) =>
        [.. Enumerable.Range(first, count).Select(i => new DatedPicture(Begin + (Interval * i) + apart, (ulong)i + 1))];

    private static List<DatedPicture> Still(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => new DatedPicture(Begin + (Interval * i), i % 25 == 0 ? (ulong)i + 1000 : (ulong)(i % 25)))];
}
