using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Tests.Recorder;
using NodaTime;

namespace Heldar.Edge.Tests.Indexer;

public sealed class SpanRowsTests : IAsyncDisposable
{
    private static readonly Guid Camera = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private static readonly Instant Epoch = Instant.FromUtc(2026, 11, 21, 4, 0);
    private readonly RecordingFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Spans_AreWhatTheSegmentsSay_WhateverComesChangesAndGoes(int seed)
    {
        var random = new Random(seed);
        List<SegmentData> stored = [];
        for (var step = 0; step < 400; step++)
        {
            var at = random.Next(12);
            if (at < 6 || stored.Count == 0) stored.Add(await PutAsync(Segment(random)));
            else if (at < 8) await ReviseAsync(stored, random);
            else if (at < 11) await DeleteAsync(stored, random.Next(stored.Count), 1);
            else await DeleteAsync(stored.OrderBy(s => s.Start).ToList(), stored, random);
            if (step % 20 == 0) Assert.Equal(Expected(stored), await SpansAsync());
        }

        Assert.Equal(Expected(stored), await SpansAsync());
        await _box.Store.EnqueueAsync(db =>
        {
            // The migration of an older database must come to the same.
            db.Execute("DELETE FROM footage_span");
            db.Execute(Migration()[Migration().IndexOf("INSERT", StringComparison.Ordinal)..]);
        });
        Assert.Equal(Expected(stored), await SpansAsync());
        await DeleteAsync(stored, 0, stored.Count);
        Assert.Empty(await SpansAsync());
    }

    [Fact]
    public async Task Timeline_OfAYear_ReadsAFewRows()
    {
        for (var day = 0; day < 3; day++) await PutAsync(Data(Guid.CreateVersion7(), day * 86_400, 300));
        var spans = await _box.Index.TimelineAsync(Camera, Epoch, Epoch + Duration.FromDays(366), CancellationToken.None);
        Assert.Equal([.. Enumerable.Range(0, 3).Select(d => new RecordedSpan(At(d * 86_400), At((d * 86_400) + 300)))], spans);
    }

    private static string Migration()
    {
        using var stream = typeof(SpanRows).Assembly.GetManifestResourceStream(typeof(SpanRows).Assembly.GetManifestResourceNames().Single(n => n.EndsWith("0022_footage_span.sql", StringComparison.Ordinal)))!;
        using var text = new StreamReader(stream);
        return text.ReadToEnd();
    }

    private static SegmentData Segment(Random random) => Data(Guid.CreateVersion7(), random.Next(200) * 3, random.Next(1, 12));

    private static SegmentData Data(Guid id, double start, double seconds, int revision = 1) => new()
    {
        Segment = id,
        Camera = Camera,
        Revision = revision,
        Run = Guid.CreateVersion7(),
        Start = At(start),
        End = At(start + seconds),
        Bytes = 1000,
        Codec = "avc1.64000d",
        Frames = 100,
        Sha256 = new string('a', 64),
        Root = new string('b', 64),
        Reason = "closed",
    };

    private static Instant At(double seconds) => Epoch + Duration.FromSeconds(seconds);

    private static List<RecordedSpan> Expected(IEnumerable<SegmentData> stored)
    {
        List<RecordedSpan> spans = [];
        foreach (var segment in stored.OrderBy(s => s.Start))
        {
            if (spans.Count > 0 && segment.Start - spans[^1].End <= SpanRows.Tolerance) spans[^1] = spans[^1] with { End = Instant.Max(spans[^1].End, segment.End) };
            else spans.Add(new RecordedSpan(segment.Start, segment.End));
        }

        return spans;
    }

    private async Task<SegmentData> PutAsync(SegmentData data)
    {
        await _box.Store.EnqueueAsync(db => Assert.True(SegmentRows.Apply(db, _box.Outbox, _box.Volume.Id, $"gate/{data.Segment:D}.mp4", data)));
        return data;
    }

    private async Task ReviseAsync(List<SegmentData> stored, Random random)
    {
        var which = random.Next(stored.Count);
        var old = stored[which];
        stored[which] = await PutAsync(Data(old.Segment, (old.Start - Epoch).TotalSeconds + random.Next(-2, 3), random.Next(1, 12), old.Revision + 1));
    }

    private async Task DeleteAsync(List<SegmentData> stored, int first, int count)
    {
        var gone = stored.GetRange(first, count);
        stored.RemoveRange(first, count);
        await _box.Store.EnqueueAsync(db => Assert.All(gone, s => Assert.True(SegmentRows.Delete(db, s.Segment))));
    }

    /// <summary>A range, as the seal log of an older version tells it.</summary>
    private async Task DeleteAsync(List<SegmentData> ordered, List<SegmentData> stored, Random random)
    {
        var gone = ordered.GetRange(0, random.Next(1, Math.Min(4, ordered.Count + 1)));
        var range = new FootageDeletedData { Camera = Camera, From = gone[0].Start, To = gone[^1].Start + Duration.FromMilliseconds(1), Reason = "age", Count = gone.Count, Bytes = 1 };
        stored.RemoveAll(s => s.Start >= range.From && s.Start < range.To);
        await _box.Store.EnqueueAsync(db => SegmentRows.Delete(db, _box.Volume.Id, range));
    }

    private async Task<IReadOnlyList<RecordedSpan>> SpansAsync() => await _box.Index.TimelineAsync(Camera, Epoch - Duration.FromDays(1), Epoch + Duration.FromDays(1), CancellationToken.None);
}
