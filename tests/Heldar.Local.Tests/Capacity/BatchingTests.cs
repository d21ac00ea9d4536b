using Heldar.Local.Capacity;

namespace Heldar.Local.Tests.Capacity;

/// <summary>Cases worked by hand; each comment shows the sum.</summary>
public sealed class BatchingTests
{
    [Theory]
    [InlineData(1, 800, 1, 0.7109495)] // 1 ÷ (1 + e^−0.9)
    [InlineData(0.5, 800, 10, 0.0997783)] // 0.5 ÷ (5 + e^−4.5)
    [InlineData(3, 800, 0, 3)] // nothing waits
    [InlineData(100, 1000, 10, 3.0517578)] // 100 × 1000 ÷ 32768, which is more than 1 per 10 s
    [InlineData(0, 800, 1, 0)]
    public void Messages_OfEventsAtAnyTime(double events, double bytes, double flush, double expected) => Assert.Equal(expected, Batching.Messages(events, bytes, flush), 6);

    [Theory]
    [InlineData(2, 0, 1, 0.5)] // each status is alone: the next one comes after the flush
    [InlineData(2, 0, 10, 0.1)] // statuses that wait collapse: one per flush time
    [InlineData(2, 0.1, 1, 0.5936947)] // 0.5 + 0.1 ÷ (0.1 + e^−0.09) × (1 − 0.1 ÷ 2)
    public void Messages_OfStates(double period, double others, double flush, double expected) => Assert.Equal(expected, Batching.StateMessages(period, others, flush), 4);

    [Theory]
    [InlineData(0, 1, 1, 0)]
    [InlineData(1, 1, 1, 1)] // every event is one
    [InlineData(0.5, 1, 1, 0.5868399)] // 1 − ½ × (e^−½ × (1 − e^−0.45) ÷ ½ + e^−0.95) = 1 − ½ × (0.439580 + 0.386741)
    public void ShareOfMessages_WithAnEventOfAKind(double some, double all, double flush, double expected) => Assert.Equal(expected, Batching.ShareWith(some, all, flush), 6);

    [Fact]
    public void Wait_IsATenthOfTheFlushTime_AfterAQuietTime()
    {
        // 1/s, flush 1 s: 1.40657 events a message. Of them e^−0.9 = 0.40657 were first after a quiet time and waited 0.1 s; the others are spread evenly.
        Assert.Equal(0.0703285, Batching.Wait(0.05, 1, 1), 6); // 1 + (0.40657 − 0.95 × 1.40657)
        Assert.Equal(0.1, Batching.Wait(0.2, 1, 1), 6);
        Assert.Equal(0.2967152, Batching.Wait(0.5, 1, 1), 6); // 1 − 0.5 × 1.40657
        Assert.Equal(0, Batching.Wait(0.5, 1, 0));
    }

    [Fact]
    public void Polls_AreOnePerSecondOfAnIdleQueue_AndOneAfterEachFindOfABusyOne()
    {
        Assert.Equal(1 / 1.01, new Polling(0, 0.01).FetchesPerSecond, 9);

        // 1/s: the pauses 0, 0.1, 0.2, 0.4, 0.8 are reached with chance 1, 1, e^−0.1, e^−0.3, e^−0.7, then 1 s again and again: 0.22313 ÷ (1 − e^−1).
        Assert.Equal(3.386109, new Polling(1, 0).FetchesPerSecond, 5);

        // More than a request can carry: 32 each.
        Assert.Equal(6400 / 32.0, new Polling(6400, 0.01).FetchesPerSecond, 6);
        Assert.Equal(0.505, new Polling(0, 0.01).Wait(0.5), 6);
        Assert.True(new Polling(100, 0.01).Wait(0.95) < 0.11);
    }
}
