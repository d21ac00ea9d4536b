using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Local.FleetSim;
using NodaTime;

namespace Heldar.Local.Tests.FleetSim;

public sealed class SimOutboxTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 3, 1, 12, 0);
    private static readonly SimIdentity Identity = new("main", "simulated", Guid.CreateVersion7(), new string('a', 32));

    [Fact]
    public void Batches_AreSigned_NumberedFromOne_AndHoldEveryEventOnce()
    {
        using var key = BoxKeys.Create();
        var outbox = new SimOutbox(Duration.FromSeconds(1), Duration.FromSeconds(30), body => BoxKeys.Sign(key, body));
        var events = Fill(outbox, 500);

        outbox.Seal(Identity, Start + Duration.FromSeconds(1), all: false);
        IReadOnlyList<SimBatch> due = outbox.Due(Start);

        Assert.All(outbox.Open.Values, open => Assert.Equal(1, open.Seconds / open.Batches));
        Assert.Equal(events.Select(e => e.Id).Order(StringComparer.Ordinal), due.SelectMany(b => b.Events).Select(e => e.Id).Order(StringComparer.Ordinal));
        Assert.All(due.GroupBy(b => b.Class), g => Assert.Equal(Enumerable.Range(1, g.Count()).Select(n => (long)n), g.Select(b => b.Seq)));
        Assert.All(due, batch =>
        {
            Envelope envelope = Envelope.Parse(batch.Envelope);
            Assert.True(BoxKeys.Verify(key, BatchBody.Bytes(envelope.Body!), envelope.Sig));
            Assert.True(BatchBody.Parse(BatchBody.Bytes(envelope.Body!)).Matches(envelope));
            Assert.All(batch.Events, e => Assert.Equal(EventTypes.Get(e.Type).Queue, batch.Queue));
        });
    }

    [Fact]
    public void Batch_StaysUntilTheWatermarkPassesIt_AndIsPutAgainUnchanged()
    {
        var outbox = new SimOutbox(Duration.FromSeconds(1), Duration.FromSeconds(30), _ => "sig");
        Fill(outbox, 50);
        outbox.Seal(Identity, Start, all: true);
        SimBatch batch = outbox.Due(Start).First(b => b.Class == EventClass.Segment);
        byte[] before = batch.Envelope;
        foreach (SimBatch one in outbox.Due(Start)) (one.Puts, one.LastPut) = (1, Start);

        outbox.Learn([new Watermark(EventClass.Segment, new string('0', 32), 99, [])]);
        Assert.Empty(outbox.Due(Start + Duration.FromSeconds(29)));
        Assert.Same(before, outbox.Due(Start + Duration.FromSeconds(30)).Single(b => b == batch).Envelope);

        outbox.Learn([new Watermark(EventClass.Segment, outbox.Epoch, batch.Seq, [])]);
        Assert.DoesNotContain(batch, outbox.Due(Start + Duration.FromSeconds(30)));
    }

    [Fact]
    public void HolesAlone_ArePutAgain_AfterWaitsThatDouble()
    {
        var outbox = new SimOutbox(Duration.FromSeconds(1), Duration.FromSeconds(30), _ => "sig");
        for (var i = 0; i < 6; i++)
        {
            Fill(outbox, 40);
            outbox.Seal(Identity, Start, all: true);
        }

        foreach (SimBatch one in outbox.Due(Start)) (one.Puts, one.LastPut) = (1, Start);
        outbox.Learn([new Watermark(EventClass.Segment, outbox.Epoch, 1, [new SequenceRange(2, 2)])]);

        Assert.Equal([2L, 4L, 5L, 6L], Again(30).Select(b => b.Seq));
        foreach (SimBatch one in Again(30)) (one.Puts, one.LastPut) = (2, Start + Duration.FromSeconds(30));
        Assert.Empty(Again(89));
        Assert.Equal(4, Again(90).Count());

        IEnumerable<SimBatch> Again(int seconds) => outbox.Due(Start + Duration.FromSeconds(seconds)).Where(b => b.Class == EventClass.Segment).OrderBy(b => b.Seq);
    }

    [Fact]
    public void DeadBox_IsHeardOut_AndNothingElseOfItIsTold()
    {
        var outbox = new SimOutbox(Duration.FromSeconds(1), Duration.FromSeconds(30), _ => "sig");
        for (var i = 0; i < 3; i++)
        {
            Fill(outbox, 40);
            outbox.Seal(Identity, Start, all: true);
        }

        // Of three batches the second was never put.
        foreach (SimBatch one in outbox.Due(Start).Where(b => b.Class == EventClass.Segment && b.Seq != 2)) (one.Puts, one.LastPut) = (1, Start);
        Fill(outbox, 5);
        outbox.Die();
        outbox.Seal(Identity, Start, all: true);

        Assert.True(outbox.IsUnheard);
        Assert.Empty(outbox.Due(Start));
        outbox.Learn([new Watermark(EventClass.Segment, outbox.Epoch, 1, [new SequenceRange(2, 2)])]);
        Assert.False(outbox.IsUnheard);
    }

    [Fact]
    public void ManyBatches_ArePutFromBothEnds_EachOnce_SoThatTheOldestNeverStarves()
    {
        var outbox = new SimOutbox(Duration.FromSeconds(1), Duration.FromSeconds(30), _ => "sig");
        for (var i = 0; i < 7; i++)
        {
            Fill(outbox, 40);
            outbox.Seal(Identity, Start, all: true);
        }

        IReadOnlyList<SimBatch> due = outbox.Due(Start);
        List<SimBatch> put = [.. SimOutbox.Shuffled(due)];

        Assert.Equal([due[^1], due[0], due[^2], due[1]], put.Take(4));
        Assert.Equal(due.ToHashSet(), put.ToHashSet());
        Assert.Equal(due.Count, put.Count);
        Assert.Equal(due.Take(3), SimOutbox.Shuffled([.. due.Take(3)]));
    }

    [Fact]
    public void WhatTheCloudDoesNotHave_IsNamed_WithWhereItGotStuck()
    {
        var outbox = new SimOutbox(Duration.FromSeconds(1), Duration.FromSeconds(30), _ => "sig");
        for (var i = 0; i < 3; i++)
        {
            Fill(outbox, 40);
            outbox.Seal(Identity, Start, all: true);
        }

        foreach (SimBatch one in outbox.Due(Start)) (one.Puts, one.LastPut) = (one.Class == EventClass.Segment ? 2 : 0, Start);
        outbox.Learn([new Watermark(EventClass.Segment, outbox.Epoch, 1, [new SequenceRange(2, 2)])]);
        SimEvent late = Fill(outbox, 1)[0];

        List<SimMissing> missing = [.. outbox.Missing(Start + Duration.FromSeconds(37))];
        SimMissing hole = Assert.Single(missing, m => m.Class == EventClass.Segment && m.Seq is not null);
        Assert.StartsWith($"batch segment 2 of segments: put 2 times, 37 s ago the last time, not applied: {hole.Events[0].Type} {hole.Events[0].Id}, ", hole.Describe(), StringComparison.Ordinal);
        Assert.EndsWith($", {hole.Events.Count - 3} more", hole.Describe(), StringComparison.Ordinal);
        Assert.Contains(missing, m => m.Seq is not null && m.Describe().Contains(": no queue took it: ", StringComparison.Ordinal));
        Assert.Equal($"events of {EventTypes.Get(late.Type).Queue}: not sealed: {late.Type} {late.Id}", Assert.Single(missing, m => m.Seq is null).Describe());
    }

    [Fact]
    public void NewDisk_BeginsANewEpochAtOne()
    {
        var outbox = new SimOutbox(Duration.FromSeconds(1), Duration.FromSeconds(30), _ => "sig");
        string before = outbox.Epoch;
        Fill(outbox, 50);
        outbox.Seal(Identity, Start, all: true);

        outbox.Lose();
        Assert.True(outbox.IsEmpty);
        Fill(outbox, 5);
        outbox.Seal(Identity, Start, all: true);

        Assert.NotEqual(before, outbox.Epoch);
        Assert.Contains(outbox.Due(Start), b => b.Seq == 1);
    }

    [Fact]
    public void FirstEventWaitsATenth_ABusyStreamIsSealedOncePerFlushTime_AndWaitingStatesCollapse()
    {
        var outbox = new SimOutbox(Duration.FromSeconds(10), Duration.FromSeconds(30), _ => "sig") { Collapses = true };
        var maker = new EventMaker(1, 0, Start, new FleetSimOptions(1, "/nowhere"));

        outbox.Add(maker.Status(Start, 0), Start);
        Assert.Equal(Start + Duration.FromSeconds(1), outbox.NextSeal);
        Assert.Single(SealAt(1));

        for (var second = 2; second <= 8; second += 2) outbox.Add(maker.Status(Start, 0), Start + Duration.FromSeconds(second));
        Assert.Equal(Start + Duration.FromSeconds(11), outbox.NextSeal);
        Assert.Empty(SealAt(10.9));
        Assert.Single(Assert.Single(SealAt(11)).Events);
        Assert.Null(outbox.NextSeal);

        outbox.Add(maker.Status(Start, 0), Start + Duration.FromSeconds(40));
        Assert.Equal(Start + Duration.FromSeconds(41), outbox.NextSeal);

        List<SimBatch> SealAt(double second)
        {
            outbox.Seal(Identity, Start + Duration.FromSeconds(second), all: false);
            List<SimBatch> due = [.. outbox.Due(Start)];
            foreach (SimBatch one in due) (one.Puts, one.LastPut) = (1, Start + Duration.FromHours(1));
            return due;
        }
    }

    private static List<SimEvent> Fill(SimOutbox outbox, int count)
    {
        var maker = new EventMaker(1, 0, Start, new FleetSimOptions(1, "/nowhere"));
        List<SimEvent> events = [.. Enumerable.Range(0, count).Select(_ => maker.Next(Start, 0))];
        foreach (SimEvent one in events) outbox.Add(one, Start);
        return events;
    }
}
