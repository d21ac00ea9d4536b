using Heldar.Media.Ingest;
using Heldar.Media.Streams;

namespace Heldar.Media.Tests.Ingest;

public sealed class ReconnectPolicyTests
{
    [Fact]
    public void Failures_Double_From1To4Seconds_WithJitter()
    {
        var policy = new ReconnectPolicy(new IngestOptions(), () => 1);
        Assert.Equal([1, 2, 4, 4, 4, 4, 4], Enumerable.Range(0, 7).Select(_ => policy.Next(StreamFailure.Refused).TotalSeconds));
        policy.Succeeded();
        Assert.Equal(1, policy.Next(StreamFailure.Timeout).TotalSeconds);
        Assert.Equal(0.5, new ReconnectPolicy(new IngestOptions(), () => 0).Next(StreamFailure.Timeout).TotalSeconds);
    }

    [Fact]
    public void RefusedCredentials_AreTriedOnceMoreSoon_ThenAfterAMinute_GrowingTo5_WhateverHappensBetween()
    {
        var policy = new ReconnectPolicy(new IngestOptions(), () => 0);
        Assert.Equal([5, 60], Enumerable.Range(0, 2).Select(_ => policy.Next(StreamFailure.Unauthorized).TotalSeconds));
        policy.Next(StreamFailure.Timeout);
        Assert.Equal([120, 240, 300, 300], Enumerable.Range(0, 4).Select(_ => policy.Next(StreamFailure.Unauthorized).TotalSeconds));
        policy.Succeeded();
        Assert.Equal(5, policy.Next(StreamFailure.Unauthorized).TotalSeconds);
    }
}
