using Heldar.Local.Drills;

namespace Heldar.Local.Tests.Drills;

public sealed class PutBacksTests
{
    private const string Front = "warn: Heldar.Functions.Pipeline.FailurePolicy[4001] message 94fff957-b826-4a02-88ee-3e5277a396e4 of detections-0 goes back for attempt";

    [Fact]
    public void LikeCauses_AreCountedTogether_TheMostFrequentFirst() => Assert.Equal(
        "why the functions put messages back of late: 2 × N events are about cameras that are not registered yet, 1 × Failed to connect to N",
        PutBacks.Describe(
        [
            $"{Front} 1 in 0.9 s: Failed to connect to 127.0.0.1:25232", $"{Front} 15 in 29.5 s: 2 events are about cameras that are not registered yet",
            "host: handler started, pid 17256, port 28006", $"{Front} 3 in 8.1 s: 11 events are about cameras that are not registered yet",
        ]));

    [Fact]
    public void QuietLog_SaysNothing() => Assert.Equal("the functions put nothing back of late", PutBacks.Describe(["host: handler started, pid 17256, port 28006"]));
}
