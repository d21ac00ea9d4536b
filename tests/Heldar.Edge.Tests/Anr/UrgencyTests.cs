using Heldar.Contracts.Events;
using Heldar.Contracts.Metrics;
using Heldar.Edge.Anr;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Retention;
using Heldar.Media.Streams;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Anr;

/// <summary>Which gap is next, and what a try makes of it.</summary>
public sealed class UrgencyTests : IAsyncLifetime
{
    private static readonly Guid Gate = Guid.Parse("01938e20-0000-7000-8000-0000000000a1");
    private static readonly Guid Yard = Guid.Parse("01938e20-0000-7000-8000-0000000000a2");
    private static readonly Instant Begin = Instant.FromUtc(2026, 11, 21, 4, 0);
    private readonly RecordingFixture _box = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task EvidenceComesFirst_ThenTheNewest_OnePerCamera()
    {
        var (old, held, newest) = (Gap(Gate, 0), Gap(Yard, 100), Gap(Yard, 200));
        await PutAsync(old, held, newest);
        Assert.Equal([newest.Gap, old.Gap], await DueAsync());

        await _box.Store.EnqueueAsync(
            db => HoldRows.Put(db, new Hold(new HoldAppliedData { Hold = Guid.CreateVersion7(), Camera = Yard, From = held.Start, To = held.Start + Duration.FromSeconds(1), Reason = "theft", Owner = "anna" }, 2, Begin, null, null, null, true)),
            TestContext.Current.CancellationToken);
        Assert.Equal([held.Gap, old.Gap], await DueAsync());
    }

    [Fact]
    public async Task Tries_AreMeasured()
    {
        using var metrics = new MetricsCollector(["Heldar.Edge"]);
        var gap = Gap(Gate, 0);
        await PutAsync(gap);
        var (whole, half) = (new Stretch(gap.Start, gap.End!.Value), new Stretch(gap.Start, gap.Start + Duration.FromSeconds(8)));
        var before = metrics.Write();

        await Ledger().NoteAsync(new FillableGap(gap, null), whole, [half], [new Stretch(half.End, whole.End)], new RefillResult([half], 200, StreamFailure.NoMedia, "it fell silent"), TestContext.Current.CancellationToken);
        var fill = new GapFill(gap.Gap, Gate, whole.Start, whole.End, FillState.Partial, 1, null, [half], null);
        await Ledger().NoteAsync(new FillableGap(gap, fill), whole, [whole], [], new RefillResult([], 1, null, null), TestContext.Current.CancellationToken);

        var after = metrics.Write();
        // Other tests of this process may refill at the same time.
        Assert.True(Grown("heldar_anr_gaps_total") >= 1);
        Assert.True(Grown("heldar_anr_gaps_filled_total") >= 1);
        Assert.True(Grown("heldar_anr_refilled_seconds_total") >= (whole.End - whole.Start).TotalSeconds);
        Assert.True(Grown("heldar_anr_failures_total{reason=\"no_media\"}") >= 1);

        double Grown(string series) => RetentionPlanTests.Value(after, series) - RetentionPlanTests.Value(before, series);
    }

    [Fact]
    public async Task WhatNoStorageCanHelpWith_IsNotDue()
    {
        await PutAsync(Gap(Gate, 0) with { Cause = GapCause.Operator }, Gap(Gate, 50) with { Cause = GapCause.ClockStep }, Gap(Gate, 100) with { End = null }, Gap(Gate, 150) with { End = Begin + Duration.FromSeconds(150) }, Gap(Gate, -200_000));
        Assert.Empty(await DueAsync());
    }

    [Fact]
    public async Task GapThatWaits_IsNotDue_UntilItsTime()
    {
        var gap = Gap(Gate, 0);
        await PutAsync(gap);
        var fill = new GapFill(gap.Gap, Gate, gap.Start, gap.End!.Value, FillState.Pending, 1, Begin + Duration.FromHours(2), [], "busy");
        await _box.Store.EnqueueAsync(db => GapFillRows.Put(db, fill), TestContext.Current.CancellationToken);
        Assert.Empty(await DueAsync());
        await _box.Store.EnqueueAsync(db => GapFillRows.Put(db, fill with { NextAt = Begin + Duration.FromMinutes(9) }), TestContext.Current.CancellationToken);
        Assert.Equal([gap.Gap], await DueAsync());
        await _box.Store.EnqueueAsync(db => GapFillRows.Put(db, fill with { NextAt = null, State = FillState.Failed }), TestContext.Current.CancellationToken);
        Assert.Empty(await DueAsync());
    }

    [Fact]
    public async Task WhatCameBack_ShrinksTheGap_AndIsRemembered()
    {
        var gap = Gap(Gate, 0);
        await PutAsync(gap);
        var (whole, taken, rest) = (At(0, 20), At(0, 8), At(8, 20));
        await Ledger().NoteAsync(new FillableGap(gap, null), whole, [taken], [rest], new RefillResult([taken], 200, null, null), TestContext.Current.CancellationToken);

        var found = (await _box.Store.ReadAsync(db => GapFillRows.Find(db, gap.Gap), TestContext.Current.CancellationToken))!;
        Assert.Equal((2, rest.Start, rest.End), (found.Gap.Revision, found.Gap.Start, found.Gap.End));
        Assert.Equal((FillState.Partial, 1, 8.0, whole.Start, whole.End), (found.Fill!.State, found.Fill.Attempts, found.Fill.FilledSeconds, found.Fill.Start, found.Fill.End));
        Assert.Contains(_box.Outbox.Others, e => e.Type == EventTypes.Gap && ((GapData)e.Data).Revision == 2);
        Assert.Contains(_box.Seals(), s => s.Missing is { Revision: 2 } sealedGap && sealedGap.Start == rest.Start);

        await Ledger().NoteAsync(found, whole, [whole], [], new RefillResult([rest], 300, null, null), TestContext.Current.CancellationToken);
        found = (await _box.Store.ReadAsync(db => GapFillRows.Find(db, Gate, At(0, 1).Start, At(0, 1).End, 10), TestContext.Current.CancellationToken)).Single();
        Assert.Equal((FillState.Filled, 2, 20.0, (Instant?)null), (found.Fill!.State, found.Fill.Attempts, found.Fill.FilledSeconds, found.Fill.NextAt));
        Assert.Equal((3, found.Gap.Start), (found.Gap.Revision, found.Gap.End));
    }

    [Fact]
    public async Task MiddleThatCameBack_LeavesTwoGaps_SealedAndSent_WithTheFootageInNeither()
    {
        var gap = Gap(Gate, 0);
        await PutAsync(gap);
        var (whole, taken) = (At(0, 20), At(8, 12));
        // A crash between the log and the database repeats the try.
        for (var i = 0; i < 2; i++)
            await Ledger().NoteAsync(new FillableGap(gap, null), whole, [taken], [At(0, 8), At(12, 20)], new RefillResult([taken], 100, null, null), TestContext.Current.CancellationToken);

        var found = await _box.Store.ReadAsync(db => GapFillRows.Find(db, Gate, whole.Start, whole.End, 10), TestContext.Current.CancellationToken);
        Assert.Equal(
            [(2, At(0, 8), At(0, 12), FillState.Partial, 4.0), (1, At(12, 20), At(12, 20), FillState.Pending, 0.0)],
            found.Select(f => (f.Gap.Revision, new Stretch(f.Gap.Start, f.Gap.End!.Value), new Stretch(f.Fill!.Start, f.Fill.End), f.Fill.State, f.Fill.FilledSeconds)));
        Assert.Equal(gap.Gap, found[0].Gap.Gap);
        Assert.Null(found[1].Gap.Mistake());
        Assert.Equal((GapCause.Network, 1, true), (found[1].Gap.Cause, found[1].Fill!.Attempts, found[1].Fill!.NextAt is not null));
        foreach (var one in found)
        {
            Assert.Contains(_box.Outbox.Others, e => e.Data is GapData told && told == one.Gap);
            Assert.Contains(_box.Seals(), s => s.Missing == one.Gap);
        }

        await Ledger().NoteAsync(found[1], At(12, 20), [At(12, 20)], [], new RefillResult([At(12, 20)], 200, null, null), TestContext.Current.CancellationToken);
        found = await _box.Store.ReadAsync(db => GapFillRows.Find(db, Gate, whole.Start, whole.End, 10), TestContext.Current.CancellationToken);
        Assert.Equal([(At(0, 8), FillState.Partial), (At(12, 12), FillState.Filled)], found.Select(f => (new Stretch(f.Gap.Start, f.Gap.End!.Value), f.Fill!.State)));
    }

    [Fact]
    public async Task RevisionThatNoLogTakes_IsSealedByTheNextStart()
    {
        var gap = Gap(Gate, 0);
        await PutAsync(gap);

        await Ledger(new VolumeWriters([])).NoteAsync(new FillableGap(gap, null), At(0, 20), [At(8, 12)], [At(0, 8), At(12, 20)], new RefillResult([At(8, 12)], 100, null, null), TestContext.Current.CancellationToken);

        var due = await _box.Store.ReadAsync(db => SealDueRows.Read(db, 10), TestContext.Current.CancellationToken);
        Assert.Equal([At(0, 8), At(12, 20)], due.Select(d => new Stretch(d.Record!.Missing!.Start, d.Record.Missing.End!.Value)).OrderBy(s => s.Start));
    }

    [Fact]
    public void TornReturns_MakeABoundedNumberOfGaps_ThatStandForAll()
    {
        var missing = Enumerable.Range(0, 100).Select(i => At(i * 10, (i * 10) + (i % 7) + 2)).ToList();
        var parts = RefillLedger.Parts(At(0, 1000), missing);

        Assert.Equal(RefillLedger.MostParts, parts.Count);
        Assert.Equal(At(0, 1000), new Stretch(parts[0].Of.Start, parts[^1].Of.End));
        Assert.All(parts.Zip(parts.Skip(1)), p => Assert.Equal(p.First.Of.End, p.Second.Of.Start));
        Assert.Empty(Stretch.Without(missing, [.. parts.Select(p => p.Left)]));
    }

    [Theory]
    [InlineData(StreamFailure.Busy, 0, FillState.Pending, true)]
    [InlineData(StreamFailure.Refused, 1, FillState.Pending, true)]
    public void FirstTry_IsFollowedByAnother(StreamFailure failure, int attempts, object state, bool again) => Judged(null, failure, attempts, (FillState)state, again);

    [Fact]
    public void LastTry_IsTheLast()
    {
        var gap = Gap(Gate, 0);
        var before = new GapFill(gap.Gap, Gate, gap.Start, gap.End!.Value, FillState.Pending, 4, null, [], null);
        Judged(before, StreamFailure.NotFound, 5, FillState.Failed, again: false);
        Judged(before, StreamFailure.Busy, 4, FillState.Pending, again: true);
    }

    private static Stretch At(int from, int to) => new(Begin + Duration.FromSeconds(from), Begin + Duration.FromSeconds(to));

    private static GapData Gap(Guid camera, int at) => new()
    {
        Gap = Guid.CreateVersion7((Begin + Duration.FromSeconds(at)).ToDateTimeOffset()),
        Camera = camera,
        Revision = 1,
        Start = At(at, at).Start,
        End = At(at + 20, at).Start,
        Cause = GapCause.Network,
    };

    private static void Judged(GapFill? before, StreamFailure failure, int attempts, FillState state, bool again)
    {
        var ledger = new RefillLedger(Settings(), null!, null!, null!, null!, NullLogger<RefillLedger>.Instance);
        var fill = ledger.Judge(before, Gap(Gate, 0), At(0, 20), [], [At(0, 20)], new RefillResult([], 0, failure, "no"), Begin + Duration.FromMinutes(1));
        Assert.Equal((attempts, state, again, "no"), (fill.Attempts, fill.State, fill.NextAt is not null, fill.Error));
    }

    private static BoxSettings Settings() => SettingsReader.Read("/nowhere/heldar.yaml", "box: { name: Depot }", _ => null);

    private RefillLedger Ledger(VolumeWriters? writers = null) => new(Settings(), writers ?? _box.Writers, _box.Store, _box.Outbox, _box.Clock, NullLogger<RefillLedger>.Instance);

    private async Task PutAsync(params GapData[] gaps) => await _box.Store.EnqueueAsync(
        db =>
        {
            foreach (var gap in gaps) GapRows.Apply(db, _box.Outbox, gap);
        },
        TestContext.Current.CancellationToken);

    private async Task<IReadOnlyList<Guid>> DueAsync() => await _box.Store.ReadAsync<IReadOnlyList<Guid>>(
        db => [.. GapFillRows.Due(db, [Gate, Yard], AnrService.Causes, new Stretch(Begin - Duration.FromDays(1), Begin + Duration.FromMinutes(10)), Begin + Duration.FromMinutes(10), 4).Select(g => g.Gap.Gap)],
        TestContext.Current.CancellationToken);
}
