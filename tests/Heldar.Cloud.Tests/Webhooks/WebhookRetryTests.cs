using Heldar.Cloud.Webhooks;
using NodaTime;

namespace Heldar.Cloud.Tests.Webhooks;

public sealed class WebhookRetryTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 21, 12, 0);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Tries_GoFromSecondsToThreeDays(double jitter)
    {
        var end = Start + WebhookRetry.Lifetime;
        List<Duration> waits = [];
        var at = Start;
        for (var tries = 1; WebhookRetry.Next(at, tries, null, end, jitter) is { } next; tries++)
        {
            waits.Add(next - at);
            at = next;
        }

        Assert.InRange(waits[0], Duration.FromSeconds(5), Duration.FromSeconds(6));
        Assert.InRange(waits.Count, 10, 13);
        Assert.Equal(waits.Take(waits.Count - 1).Order(), waits.Take(waits.Count - 1));
        Assert.InRange(at, end - Duration.FromMinutes(2), end);
    }

    [Fact]
    public void Receiver_MayAskForLonger_ButNotForShorterOrForEver()
    {
        var end = Start + WebhookRetry.Lifetime;

        Assert.Equal(Start + Duration.FromMinutes(3), WebhookRetry.Next(Start, 1, Duration.FromMinutes(3), end, 0));
        Assert.Equal(Start + Duration.FromSeconds(5), WebhookRetry.Next(Start, 1, Duration.FromSeconds(1), end, 0));
        Assert.Equal(Start + Duration.FromHours(6), WebhookRetry.Next(Start, 1, Duration.FromDays(300), end, 0));
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(5, 10)]
    [InlineData(6, 20)]
    [InlineData(10, 300)]
    [InlineData(100_000, 300)]
    public void Circuit_RestsLonger_TheLongerItFails(int failures, int seconds) => Assert.Equal(Duration.FromSeconds(seconds), WebhookRetry.Rest(failures));
}
