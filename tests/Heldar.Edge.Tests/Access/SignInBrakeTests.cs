using System.Net;
using Heldar.Edge.Access;

namespace Heldar.Edge.Tests.Access;

public sealed class SignInBrakeTests
{
    [Fact]
    public void Brake_TakesABurst_ThenOneEveryTwoSeconds()
    {
        var time = new SteppedTime();
        var brake = new SignInBrake(time);
        var address = IPAddress.Parse("10.0.0.9");
        for (var i = 0; i < 30; i++) Assert.Null(brake.Take(address));
        Assert.Equal(TimeSpan.FromSeconds(2), brake.Take(address));
        time.Now += TimeSpan.FromSeconds(2);
        Assert.Null(brake.Take(address));
        Assert.NotNull(brake.Take(address));
    }

    [Fact]
    public void Brake_CountsANetworkOfIPv6AsOne()
    {
        var brake = new SignInBrake(new SteppedTime());
        for (var i = 0; i < 30; i++) Assert.Null(brake.Take(IPAddress.Parse($"2001:db8::{i + 1:x}")));
        Assert.NotNull(brake.Take(IPAddress.Parse("2001:db8::ffff")));
    }

    [Fact]
    public void Brake_KeepsItsSize_WhateverComes()
    {
        var brake = new SignInBrake(new SteppedTime());
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200_000; i++) brake.Take(new IPAddress(0x0A000000 + i));
        var weight = (GC.GetAllocatedBytesForCurrentThread() - before) / 200_000;

        // What one try allocates is gone with it; what stays is the table.
        Assert.True(weight < 400, $"{weight} bytes a try");
        Assert.Single(typeof(SignInBrake).GetFields(System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance), f => f.FieldType == typeof(long[]));
    }

    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
