using Heldar.Contracts.Events;
using Heldar.Local.FleetSim;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Local.Tests.FleetSim;

public sealed class SimLogTests : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create("simlog");

    private string LogFile => Path.Combine(_folder, "sim.jsonl");

    public void Dispose() => TemporaryFolder.Delete(_folder);

    [Fact]
    public void OnlyEventsOfAcceptedBatches_CountAsSent()
    {
        var box = Guid.CreateVersion7();
        using (var log = new SimLog(LogFile))
        {
            log.Write(Event(box, "one", 1), Event(box, "two", 2));
            log.Write(Event(box, "one", 1) with { Kind = "accepted", Event = null, Put = 1 });
        }

        SimLedger ledger = SimLedger.Of(SimLog.Read(LogFile));

        Assert.Equal("one", Assert.Single(ledger.Sent).Event);
        Assert.Single(ledger.Batches);
        Assert.Contains("two", ledger.Known);
    }

    [Fact]
    public void LastLine_IsLeftOut_WhenItsWriterWasKilled()
    {
        using (var log = new SimLog(LogFile)) log.Write(Event(Guid.CreateVersion7(), "one", 1));
        File.AppendAllText(LogFile, "{\"kind\":\"acc");

        Assert.Single(SimLog.Read(LogFile));
    }

    [Fact]
    public void Log_IsNeverWrittenOver()
    {
        using (var log = new SimLog(LogFile)) log.Write(Event(Guid.CreateVersion7(), "one", 1));

        Assert.Throws<IOException>(() => new SimLog(LogFile));
    }

    private static SimLine Event(Guid box, string id, long batch) => new()
    {
        Kind = "event",
        At = Instant.FromUtc(2026, 3, 1, 12, 0),
        Box = box,
        Event = id,
        Type = EventTypes.Gap,
        Class = EventClass.Alert,
        Epoch = new string('e', 32),
        Batch = batch,
        Queue = "detections",
        Data = "{}",
    };
}
