using Heldar.Contracts.Queues;
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
        GapsPerHour = 0,
        SnapshotsPerHour = 0,
        StatesPerHour = 0,
        HoldsPerHour = 0,
        DescriptionsPerDay = 0,
        Webhooks = 0,
        CopiesPerMessage = 0,
        DeadLetterShare = 0,
        StatusSeconds = 2,
        RetentionDays = 30,
        CpuSeconds = 1 / 150.0,
        HandlerSeconds = 0.03,
    };

    [Fact]
    public void ThousandBoxes_InTheNormalProfile()
    {
        CapacityResult result = CapacityModel.Of(Plain, Prices);

        // Segments: 10 ÷ 30 closed and one sweep per 60 s = 0.35/s a box → 0.35 ÷ (0.35 + e^−0.315) = 0.32414. Status: 0.5.
        Assert.Equal(324.137, Of(result, QueueNames.Segments).MessagesPerSecond, 3);
        Assert.Equal(824.137, result.MessagesPerSecond, 3);
        Assert.Equal(500, Of(result, QueueNames.Segments).EventsPerSecond, 6); // each segment closes, and each camera's oldest go once a minute: 333.3 + 166.7

        // The busiest queue: 500 of 2,000/s, at 60 %.
        Assert.Equal(1, result.Shards);

        // 324.1 ÷ (150 × 0.6) → 4; 500 ÷ 90 → 6.
        Assert.Equal(10, result.Instances);

        // Messages 824.137, heartbeats 1000 ÷ 10, tunnels 1000 ÷ 15, timers 11 runs a minute × 2 + 2 idle + 2 busy, 10,000 ÷ 3,600 camera-hours × (2 folds + 3 ÷ 200 of coverage).
        Assert.Equal(824.137 + 100 + 66.667 + 0.4333 + 5.5972, result.Rates.DatabaseWrites, 2);
        Assert.Equal("D4ds_v5", result.Database!.Name); // 997 ≤ 2000 × 0.6, and not ≤ 1000 × 0.6

        // A camera-hour's manifest is written once, in 2 requests: 2.7778 × 2; access 1000 ÷ 1800, timers 23 ÷ 60.
        Assert.Equal(6.4944, result.Rates.BlobWrites, 4);
        Assert.Equal(824.3208, result.Rates.Executions, 3); // and 11 ÷ 60
        Assert.Equal(0.864 * Calibration.ManifestSegment, result.ManifestGb, 6); // 10,000 cameras × 720 h × 120 segments
        Assert.Equal(12.96, result.BoxTb, 6); // 10 × 0.5 MB/s × 30 days
        Assert.Equal(157.68 / 2, result.Cost.Fleet, 4); // 2,628,000 × (0.000024 + 2 × 0.000003)
        Assert.Equal(0, result.Cost.Outgoing);
        Assert.Empty(result.Obstacles);
    }

    [Fact]
    public void Cost_IsThePricesOfTheRates()
    {
        CapacityResult result = CapacityModel.Of(Plain with { Webhooks = 2, ZonesPerHour = 36 }, Prices);
        double month = 2_628_000;

        Assert.Equal(result.Rates.QueueRequests * month / 10_000 * 0.004, result.Cost.Queues, 6);
        Assert.Equal((result.Rates.BlobWrites * month / 10_000 * 0.065) + (result.Rates.BlobReads * month / 10_000 * 0.005) + (result.ManifestGb * 0.0208), result.Cost.Blobs, 6);

        // Instances of 2 GB all month, and 11 timer runs a minute of 1 s each.
        Assert.Equal((((result.Instances * 2) + (11.0 / 60 * 2)) * month * 0.000026) + (result.Rates.Executions * month / 1e6 * 0.40), result.Cost.Functions, 6);
        Assert.Equal(result.Database!.Month + (result.DatabaseGb * 0.13), result.Cost.Database, 6);

        // 1,000 boxes × 10 cameras × 36 an hour × 2 receivers = 200 deliveries per second.
        Assert.Equal(200 * 1.02, Of(result, QueueNames.Webhooks).MessagesPerSecond, 6);
        Assert.Equal(204 * (Calibration.DeliveryBytes + Calibration.DeliveryHeaderBytes), result.Rates.OutgoingBytes, 6);
        Assert.Equal(result.Rates.OutgoingBytes * month / 1e9 * 0.087, result.Cost.Outgoing, 6);
    }

    [Fact]
    public void Functions_ArePaidForWhileTheyWork()
    {
        CapacityResult rare = CapacityModel.Of(Plain with { Boxes = 1, HoldsPerHour = 36 }, Prices);
        CapacityResult without = CapacityModel.Of(Plain with { Boxes = 1 }, Prices);

        // 10 cameras × 36 an hour = 0.1 messages per second of 1 s and 2 GB each, and as many executions.
        Assert.Equal(((0.1 * 2 * 0.000026) + (0.1 / 1e6 * 0.40)) * 2_628_000, rare.Cost.Functions - without.Cost.Functions, 6);
    }

    [Fact]
    public void FanOut_IsAMessageForEachBatchWithAWantedEvent()
    {
        CapacityResult none = CapacityModel.Of(Plain with { ZonesPerHour = 36 }, Prices);
        CapacityResult one = CapacityModel.Of(Plain with { ZonesPerHour = 36, Webhooks = 1, RetriesPerDelivery = 0 }, Prices);

        // 10 cameras × 36 an hour = 0.1/s a box → 0.1 ÷ (0.1 + e^−0.09) = 0.098626, all of them zone events.
        Assert.Equal(0, Of(none, QueueNames.Fanout).MessagesPerSecond);
        Assert.Equal(98.626, Of(one, QueueNames.Fanout).MessagesPerSecond, 2);
        Assert.Equal(100, Of(one, QueueNames.Webhooks).MessagesPerSecond, 6);

        // Two transactions for each message of both.
        Assert.Equal(2 * 198.626, one.Rates.DatabaseWrites - none.Rates.DatabaseWrites, 2);
    }

    [Fact]
    public void Copies_AreMessagesOnceMore() =>
        Assert.Equal(824.137 * 1.01, CapacityModel.Of(Plain with { CopiesPerMessage = 0.01 }, Prices).MessagesPerSecond, 2);

    [Fact]
    public void ThousandBoxes_InTheEconomyProfile()
    {
        CapacityResult result = CapacityModel.Of(Plain with { FlushSeconds = 10 }, Prices);

        // Segments: 0.35 ÷ (3.5 + e^−3.15) = 0.098790. Status: one per 10 s, the newest alone.
        Assert.Equal(198.790, result.MessagesPerSecond, 3);
        Assert.True(result.LatencyP50Seconds is > 3 and < 7);
    }

    [Fact]
    public void TenThousandBoxes_NeedFiveShards_AndReplicasThatReachEachOther()
    {
        CapacityResult result = CapacityModel.Of(Plain with { Boxes = 10_000 }, Prices);

        // Status: 5,000/s ÷ 2,000 ÷ 0.6 = 4.17.
        Assert.Equal(5, result.Shards);
        Assert.Equal(5, result.FleetReplicas);
        Assert.Contains(result.Obstacles, o => o.Contains("5 replicas", StringComparison.Ordinal));
    }

    [Fact]
    public void Obstacle_IsNamed_WhenNoDatabaseIsEnough()
    {
        CapacityResult result = CapacityModel.Of(Plain with { Boxes = 100_000 }, Prices);

        Assert.Null(result.Database);
        Assert.Contains(result.Obstacles, o => o.Contains("no database", StringComparison.Ordinal));
    }

    [Fact]
    public void Latency_CountsTheIdlePoll_WhenFewMessagesCome()
    {
        CapacityResult few = CapacityModel.Of(Plain with { Boxes = 1, Cameras = 1, SegmentSeconds = 300 }, Prices);

        // A tenth of the flush time, half and all of a poll of 1.01 s, and the handler.
        Assert.Equal(0.1 + 0.505 + 0.03, few.LatencyP50Seconds, 1);
        Assert.Equal(0.1 + 0.96 + 0.03, few.LatencyP95Seconds, 1);
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

    private static QueueLoad Of(CapacityResult result, string queue) => result.Queues.Single(q => q.Queue == queue);

    [Fact]
    public void Json_SaysWhatThePricesAre() =>
        Assert.Contains("\"prices_of\":\"" + Prices.Date + "\",\"prices_are\":\"assumptions\"", CapacityReport.Json("normal", CapacityModel.Of(Plain, Prices), Prices), StringComparison.Ordinal);
}
