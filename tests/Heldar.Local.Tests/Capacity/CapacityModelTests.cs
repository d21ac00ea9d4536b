using Heldar.Local.Capacity;

namespace Heldar.Local.Tests.Capacity;

/// <summary>Cases worked by hand; each comment shows the sum.</summary>
public sealed class CapacityModelTests
{
    private static readonly Prices Prices = Prices.Read(null);

    /// <summary>1,000 boxes of 10 cameras that tell segments and status alone.</summary>
    private static readonly CapacityInput Plain = new()
    {
        Boxes = 1000,
        Cameras = 10,
        Megabits = 4,
        SegmentSeconds = 30,
        FlushSeconds = 1,
        DetectionsPerHour = 0,
        ZonesPerHour = 0,
        SnapshotsPerHour = 0,
        StatesPerHour = 0,
        HoldsPerMonth = 0,
        StatusSeconds = 2,
        RetentionDays = 30,
    };

    [Theory]
    [InlineData(1, 800, 1, 0.5)] // 1 ÷ (1 + 1)
    [InlineData(0.5, 800, 10, 0.0833333)] // 0.5 ÷ (1 + 5)
    [InlineData(3, 800, 0, 3)] // nothing waits
    [InlineData(100, 1000, 10, 3.0517578)] // 100 × 1000 ÷ 32768, which is more than 100 ÷ 1001
    [InlineData(0, 800, 1, 0)]
    public void Messages_OfEventsAtAnyTime(double events, double bytes, double flush, double expected) => Assert.Equal(expected, CapacityModel.Messages(events, bytes, flush), 6);

    [Theory]
    [InlineData(2, 0, 1, 0.5)] // each event is alone: the next one comes after the flush
    [InlineData(2, 0, 10, 0.0833333)] // 6 events share a batch: 1 ÷ 12
    [InlineData(2, 0.1, 1, 0.54545454)] // half of the time no batch is open: 0.5 + 0.1 ÷ 1.1 × 0.5
    public void Messages_OfAnEventAtAFixedPeriod(double period, double others, double flush, double expected) => Assert.Equal(expected, CapacityModel.Messages(period, 800, others, flush), 6);

    [Fact]
    public void ThousandBoxes_InTheNormalProfile()
    {
        CapacityResult result = CapacityModel.Of(Plain, Prices);

        // Segments: 10 ÷ 30 × 2 = 0.667/s a box → 0.667 ÷ 1.667 = 0.4. Status: 0.5. Together 0.9 a box.
        Assert.Equal(900, result.MessagesPerSecond, 6);

        // The busiest queue: 500 of 2,000/s, at 60 %.
        Assert.Equal(1, result.Shards);

        // 400 ÷ (150 × 0.6) → 5; 500 ÷ 90 → 6.
        Assert.Equal(11, result.Instances);
        Assert.Equal("D4ds_v5", result.Database!.Name); // 900 ≤ 2000 × 0.6, and not ≤ 1000 × 0.6

        // 10,000 cameras × (900 + 720 h × (620 + 8 × 120) + 2.5 h × 120 × 520) bytes.
        Assert.Equal(12.945, result.DatabaseGb, 6);
        Assert.Equal(483.84, result.ManifestGb, 6); // 10,000 × 720 × 120 × 560
        Assert.Equal(12.96, result.BoxTb, 6); // 10 × 0.5 MB/s × 30 days
        Assert.Equal(192.1725, result.Cost.Queues, 4); // 900 × 2.03125 × 2,628,000 s ÷ 10,000 × 0.0004
        Assert.Equal(104.9639, result.Cost.Blobs, 4); // 10,000 × 730 × 2 ÷ 10,000 × 0.065 + 483.84 × 0.0208
        Assert.Equal(2449.296, result.Cost.Functions, 4); // 11 × 2 GB × 2,628,000 × 0.000026 + 900 × 2.628 × 0.4
        Assert.Equal(301.683, result.Cost.Database, 3); // 300 + 12.945 × 0.13
        Assert.Equal(157.68, result.Cost.Fleet, 4); // 2 × 2,628,000 × (0.000024 + 2 × 0.000003)
        Assert.Equal(0.32058, result.CostPerCameraMonth, 5);
        Assert.Empty(result.Obstacles);
    }

    [Fact]
    public void ThousandBoxes_InTheEconomyProfile()
    {
        CapacityResult result = CapacityModel.Of(Plain with { FlushSeconds = 10 }, Prices);

        // Segments: 0.667 ÷ 7.667 = 0.08696. Status: 1 ÷ 12 = 0.08333.
        Assert.Equal(170.2899, result.MessagesPerSecond, 4);
        Assert.True(result.LatencyP50Seconds > 10);
    }

    [Fact]
    public void TenThousandBoxes_NeedFiveShards()
    {
        CapacityResult result = CapacityModel.Of(Plain with { Boxes = 10_000 }, Prices);

        // Status: 5,000/s ÷ 2,000 ÷ 0.6 = 4.17.
        Assert.Equal(5, result.Shards);
        Assert.Equal(5, result.FleetReplicas);
    }

    [Fact]
    public void Obstacle_IsNamed_WhenNoDatabaseIsEnough()
    {
        CapacityResult result = CapacityModel.Of(Plain with { Boxes = 100_000 }, Prices);

        Assert.Null(result.Database);
        Assert.Contains("no database", Assert.Single(result.Obstacles), StringComparison.Ordinal);
    }

    [Fact]
    public void Latency_CountsTheIdlePoll_WhenFewMessagesCome()
    {
        CapacityResult few = CapacityModel.Of(Plain with { Boxes = 1, Cameras = 1 }, Prices);

        Assert.Equal(1 + 0.5 + 0.03, few.LatencyP50Seconds, 6);
        Assert.Equal(1 + 1 + 0.06, few.LatencyP95Seconds, 6);
    }

    [Fact]
    public void Prices_SayTheirDateAndThatTheyAreAssumptions()
    {
        Assert.True(DateOnly.TryParse(Prices.Date, out _));
        Assert.Contains("ssumptions", Prices.Note, StringComparison.Ordinal);
        Assert.Equal(Prices.Database.Sizes.OrderBy(s => s.CommitsPerSecond).Select(s => s.Name), Prices.Database.Sizes.Select(s => s.Name));
    }

    [Fact]
    public void Mistakes_AreAllNamedAtOnce() => Assert.Equal(3, new CapacityInput { Boxes = 0, Megabits = double.NaN, SegmentSeconds = 1 }.Mistakes().Count);

    [Fact]
    public void Json_SaysWhatThePricesAre() =>
        Assert.Contains("\"prices_of\":\"" + Prices.Date + "\",\"prices_are\":\"assumptions\"", CapacityReport.Json("normal", CapacityModel.Of(Plain, Prices), Prices), StringComparison.Ordinal);
}
