using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Tests.Recorder;
using NodaTime;

namespace Heldar.Edge.Tests.Indexer;

public sealed class SegmentIndexTests : IAsyncDisposable
{
    private static readonly Guid Camera = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 21, 4, 0);
    private readonly RecordingFixture _box = new();
    private int _made;

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Find_PagesOverEverythingOnce()
    {
        for (var i = 0; i < 25; i++) await PutAsync(i * 10, 10);
        await PutAsync(0, 10, camera: Guid.CreateVersion7());

        List<Segment> all = [];
        string? cursor = null;
        do
        {
            var page = await _box.Index.FindAsync(Camera, At(0), At(1000), 7, cursor, CancellationToken.None);
            Assert.True(page.Items.Count is > 0 and <= 7);
            all.AddRange(page.Items);
            cursor = page.Cursor;
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 25).Select(i => At(i * 10)), all.Select(s => s.Start));
    }

    [Fact]
    public async Task Find_TakesWhatOverlapsTheWindow()
    {
        await PutAsync(0, 10);
        await PutAsync(10, 300);
        await PutAsync(310, 10);

        Assert.Equal([At(10)], (await Find(100, 200)).Select(s => s.Start));
        Assert.Equal([At(10)], (await Find(10, 310)).Select(s => s.Start));
        Assert.Equal([At(0), At(10), At(310)], (await Find(9.999, 310.001)).Select(s => s.Start));
        Assert.Empty(await Find(320, 400));
        Assert.Empty((await _box.Index.FindAsync(Guid.CreateVersion7(), Instant.MinValue, Instant.MaxValue, 10, null, CancellationToken.None)).Items);
    }

    [Fact]
    public async Task FindAt_PrefersTheNewest_AfterAClockStep()
    {
        await PutAsync(0, 30);
        var newer = await PutAsync(20, 30);

        Assert.Equal(newer, (await _box.Index.FindAtAsync(Camera, At(25), CancellationToken.None))!.Id);
        Assert.Equal(At(0), (await _box.Index.FindAtAsync(Camera, At(0), CancellationToken.None))!.Start);
        Assert.Null(await _box.Index.FindAtAsync(Camera, At(50), CancellationToken.None));
    }

    [Fact]
    public async Task FindById_TellsWhereTheFileIs()
    {
        var id = await PutAsync(0, 30);

        var found = await _box.Index.FindByIdAsync(id, CancellationToken.None);
        Assert.Equal(Path.Combine(_box.Root, "gate/1.mp4"), found!.File);
        Assert.Null(await _box.Index.FindByIdAsync(Guid.CreateVersion7(), CancellationToken.None));
    }

    [Fact]
    public async Task Timeline_MergesUpToTheTolerance_AndCutsToTheWindow()
    {
        await PutAsync(0, 30);
        await PutAsync(30, 30);
        await PutAsync(61, 31);
        await PutAsync(95, 30);
        await PutAsync(100, 10);

        var spans = await _box.Index.TimelineAsync(Camera, At(5), At(120), CancellationToken.None);

        Assert.Equal([new RecordedSpan(At(5), At(92)), new RecordedSpan(At(95), At(120))], spans);
        Assert.Empty(await _box.Index.TimelineAsync(Camera, At(500), At(600), CancellationToken.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData(".")]
    [InlineData("1")]
    [InlineData("99999999999999999999999.x")]
    public async Task Cursor_OfSomeoneElse_IsRefused(string cursor) =>
        await Assert.ThrowsAsync<FormatException>(() => _box.Index.FindAsync(Camera, At(0), At(1), 10, cursor, CancellationToken.None));

    [Fact]
    public async Task Row_TakesOnlyNewerRevisions_AndTellsEachOnce()
    {
        var data = Data(0, 30);
        foreach (var revision in (int[])[1, 1, 2, 1, 2])
            await _box.Store.EnqueueAsync(db => SegmentRows.Apply(db, _box.Outbox, _box.Volume.Id, "gate/1.mp4", data with { Revision = revision, Bytes = 100 * revision }));

        Assert.Equal([EventTypes.SegmentClosed, EventTypes.SegmentRevised], _box.Outbox.Events.Select(e => e.Type));
        Assert.Equal(200, (await _box.Index.FindByIdAsync(data.Segment, CancellationToken.None))!.Bytes);
        Assert.Equal(new CameraTotals(1, 200, 750), await _box.Index.TotalsAsync(Camera, CancellationToken.None));
    }

    [Fact]
    public async Task Deletion_TakesItsRangeAndTheCounters()
    {
        for (var i = 0; i < 4; i++) await PutAsync(i * 30, 30);

        await _box.Store.EnqueueAsync(db => SegmentRows.Delete(db, _box.Volume.Id, new FootageDeletedData
        {
            Camera = Camera,
            From = At(30),
            To = At(90),
            Reason = "age",
            Count = 2,
            Bytes = 2000,
        }));

        Assert.Equal([At(0), At(90)], (await Find(0, 1000)).Select(s => s.Start));
        Assert.Equal(new CameraTotals(2, 2000, 1500), await _box.Index.TotalsAsync(Camera, CancellationToken.None));
    }

    private static Instant At(double seconds) => Start + Duration.FromSeconds(seconds);

    private async Task<IReadOnlyList<Segment>> Find(double from, double to) => (await _box.Index.FindAsync(Camera, At(from), At(to), 100, null, CancellationToken.None)).Items;

    private async Task<Guid> PutAsync(double start, double length, Guid? camera = null)
    {
        var data = Data(start, length) with { Camera = camera ?? Camera };
        await _box.Store.EnqueueAsync(db => SegmentRows.Apply(db, _box.Outbox, _box.Volume.Id, $"gate/{++_made}.mp4", data));
        return data.Segment;
    }

    private static SegmentData Data(double start, double length) => new()
    {
        Segment = Guid.CreateVersion7(),
        Camera = Camera,
        Revision = 1,
        Run = Guid.CreateVersion7(),
        Start = At(start),
        End = At(start + length),
        Bytes = 1000,
        Codec = "avc1.64000d",
        Frames = 750,
        Sha256 = new string('a', 64),
        Root = new string('b', 64),
        Reason = "closed",
    };
}
