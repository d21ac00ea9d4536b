using Heldar.Contracts.Events;
using Heldar.Local.Capacity;
using Heldar.Local.FleetSim;
using NodaTime;

namespace Heldar.Local.Tests.Capacity;

public sealed class CapacityCheckTests
{
    private static readonly FleetSimOptions Options = new(10, "/nowhere") { Seconds = 100, Flush = Duration.FromSeconds(1) };

    [Theory]
    [InlineData(488, true)] // 10 boxes × 1 ÷ (1 + 1.05) = 4.88/s: as the model says
    [InlineData(560, true)] // 15 % more
    [InlineData(640, false)] // 31 % more
    [InlineData(300, false)]
    public void Check_BitesWhenTheModelIsFarOff(int messages, bool ok)
    {
        var run = new FleetSimReport
        {
            FleetSim = 10,
            EventsLost = 0,
            MessagesPerSecond = messages / 100.0,
            Types = new Dictionary<string, int> { [EventTypes.SegmentClosed] = 1000 },
            Queues = new Dictionary<string, int> { ["segments"] = messages },
            FlushSeconds = new Dictionary<string, double> { ["segments"] = 1.05 },
        };

        CapacityCheckReport report = CapacityCheck.Compare(Options, run, Prices.Read(null));

        Assert.Equal(ok, report.Ok);
        Assert.Equal(4.88, report.Figures[0].Predicted);
    }

    [Fact]
    public void Check_Fails_WhenTheRunDid()
    {
        var run = new FleetSimReport { FleetSim = 10, Problems = ["lost: something"] };

        Assert.False(CapacityCheck.Compare(Options, run, Prices.Read(null)).Ok);
    }
}
