using Heldar.Edge.Indexer;
using Heldar.Edge.Recorder;
using Heldar.Edge.Seals;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Recovery;

/// <summary>A lost database and a long seal log: cameras do not wait for it, and what comes back is what a start that reads all of it first brings back.</summary>
public sealed class LongLogTests : IAsyncDisposable
{
    private readonly LongLog _log = new();

    private RecordingFixture Box => _log.Box;

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    [Fact]
    public async Task RebuiltIndex_IsTheOneThatWasLost()
    {
        await _log.FillAsync();
        var before = await _log.RowsAsync();
        _log.FillWhileRecording();

        await _log.Retention.RestartAsync(loseDatabase: true);
        Assert.Equal(LongLog.Gate, Box.KnownCameras.Find("gate"));
        Assert.Equal(LongLog.Yard, Box.KnownCameras.Find("yard"));
        await Box.Rebuild!.Work;

        Assert.Equal(before, await _log.RowsAsync());
        Assert.False(Box.Store.IsFilling);
        Assert.Null(Box.Rebuild.Warning);
        Assert.Equal(SealFiles.Hours(Box.Root)[^1], await _log.MarkAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(12)]
    public async Task KilledWhileItFills_GoesOnAtTheMark(int groups)
    {
        await _log.FillAsync();
        var before = await _log.RowsAsync();
        _log.FillWhileRecording();
        _log.PauseBehind = groups;
        await _log.Retention.RestartAsync(loseDatabase: true);
        await PausedAsync();
        Assert.True(Box.Store.IsFilling);
        await MarkIsNotAheadAsync();

        await Box.KillAsync();
        _log.FillWhileRecording();
        _log.PauseBehind = 0;
        await Box.StartAsync();
        await Box.Rebuild!.Work;

        Assert.Equal(before, await _log.RowsAsync());
        Assert.False(Box.Store.IsFilling);
    }

    [Fact]
    public async Task DatabaseThatFailsWhileItFills_IsTriedAgain()
    {
        await _log.FillAsync();
        var before = await _log.RowsAsync();
        _log.FillWhileRecording();
        _log.PauseBehind = 4;
        await _log.Retention.RestartAsync(loseDatabase: true);
        await PausedAsync();

        using (var other = new SqliteConnection(Box.Store.FilePath))
        {
            other.Open();
            other.Execute("BEGIN IMMEDIATE");
            _log.GoOn.SetResult();
            await Eventually.TrueAsync(() => Box.Rebuild!.Warning?.Contains("is tried again", StringComparison.Ordinal) == true, "it says that the database does not take it");
            Assert.True(Box.Store.IsFilling);
            other.Execute("ROLLBACK");
        }

        await Box.Rebuild!.Work.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(before, await _log.RowsAsync());
        Assert.False(Box.Store.IsFilling);
    }

    [Fact]
    public async Task NothingIsDeleted_UntilItHasFilled()
    {
        await _log.FillAsync();
        _log.FillWhileRecording();
        _log.PauseBehind = 2;
        await _log.Retention.RestartAsync(loseDatabase: true);
        await PausedAsync();
        var files = _log.Retention.OnDisk();
        // The disk is below its floor, which wants all that nothing holds, and age wants it as well.
        _log.Retention.DiskBytes = _log.Retention.FilesBytes() + 100;
        _log.Retention.Policy = _log.Retention.Policy with { MinFreeBytes = _log.Retention.DiskBytes - 1, Age = Duration.FromMinutes(1) };
        var retainer = _log.Retention.Retainer;

        await retainer.StartAsync(TestContext.Current.CancellationToken);
        await retainer.GuardAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, (await retainer.SweepAsync(TestContext.Current.CancellationToken)).Segments);
        Assert.Equal(files, _log.Retention.OnDisk());
        Assert.Contains("nothing is deleted meanwhile", Box.Rebuild!.Warning, StringComparison.Ordinal);

        _log.GoOn.SetResult();
        await Box.Rebuild.Work;
        await retainer.SweepAsync(TestContext.Current.CancellationToken);
        var held = (await Box.SegmentsAsync(LongLog.Gate)).Concat(await Box.SegmentsAsync(LongLog.Yard)).Where(s => s.Held).Select(s => s.Id).ToHashSet();
        Assert.NotEmpty(held);
        Assert.True(held.Count < files.Count);
        Assert.Equal(held, _log.Retention.OnDisk());
    }

    [Fact]
    public async Task CameraRecords_WhileItFills()
    {
        await _log.FillAsync();
        var rows = (await _log.RowsAsync()).Where(r => r.StartsWith("segment: ", StringComparison.Ordinal)).ToHashSet();
        _log.FillWhileRecording();
        _log.PauseBehind = 2;
        await _log.Retention.RestartAsync(loseDatabase: true);
        await PausedAsync();
        var mark = await _log.MarkAsync();

        var porch = new CameraIdentity(Guid.Parse("0190c0de-0000-7000-8000-000000000009"), "porch");
        var clip = await Clip.EncodeAsync(Box.Folder, "-c:v libx264 -preset ultrafast -g 25", 200);
        await using (var recorder = Box.Recorders.Create(porch, new RecorderOptions { SegmentLength = Duration.FromSeconds(2) }))
        {
            using var feed = new Feed(recorder, Box.Pool, Box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => Indexed(porch) >= 2, "segments come into the index");
            Assert.True(Box.Store.IsFilling);
            Assert.Equal(mark, await _log.MarkAsync());
            _log.GoOn.SetResult();
            await Box.Rebuild!.Work;
        }

        await Eventually.TrueAsync(() => Indexed(porch) >= 4, "the last one closed");
        Assert.Equal(4, (await Box.SegmentsAsync(porch.Uid)).Count);
        Assert.True(rows.IsSubsetOf(await _log.RowsAsync()));
        await MarkIsNotAheadAsync();
    }

    [Fact]
    public async Task LedgerOfGaps_BeginsWithTheSame_AsBehindAWholeRead()
    {
        await _log.FillAsync();
        await _log.Retention.RestartAsync(loseDatabase: true);
        var whole = await _log.KnownAsync();
        _log.FillWhileRecording();
        _log.PauseBehind = 1;

        await _log.Retention.RestartAsync(loseDatabase: true);
        await PausedAsync();

        Assert.All(whole, k => Assert.NotNull(k.Through));
        Assert.Equal(3, whole.Count(k => k.WantedSince is not null));
        Assert.Equal(whole, await _log.KnownAsync());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    public async Task LedgerOfGaps_BeginsWithTheSame_WhenItIsKilledWhileItFills(int groups)
    {
        await _log.FillAsync();
        await _log.Retention.RestartAsync(loseDatabase: true);
        var whole = await _log.KnownAsync();
        _log.FillWhileRecording();
        _log.PauseBehind = groups;
        await _log.Retention.RestartAsync(loseDatabase: true);
        await PausedAsync();

        // Rows of any hour are there now: wishes that ended later, gaps that ended later.
        await Box.KillAsync();
        _log.FillWhileRecording();
        _log.PauseBehind = 1;
        await Box.StartAsync();
        await PausedAsync();

        Assert.Equal(whole, await _log.KnownAsync());
        Assert.Equal([.. whole.Zip([LongLog.Gate, LongLog.Yard, LongLog.Shed]).Where(k => k.First.WantedSince is not null || k.First.Open is not null).Select(k => k.Second).Order()], Box.Standing.Unfinished.Order());
    }

    [Fact]
    public async Task LogThatDoesNotSayWhatStands_IsReadAsAWholeFirst()
    {
        _log.SaysWhatStands = false;
        await _log.FillAsync();
        var before = await _log.RowsAsync();
        _log.FillWhileRecording();
        _log.PauseBehind = 1;

        await _log.Retention.RestartAsync(loseDatabase: true);

        Assert.False(Box.Store.IsFilling);
        Assert.Equal(before, await _log.RowsAsync());
        Assert.Equal(SealFiles.Hours(Box.Root)[^1], await _log.MarkAsync());
    }

    [Fact]
    public async Task ShortLog_IsReadFirst()
    {
        await _log.FillAsync();
        var before = await _log.RowsAsync();
        _log.FillWhileRecording(shortBytes: 32 << 20);
        _log.PauseBehind = 1;

        await _log.Retention.RestartAsync(loseDatabase: true);

        Assert.False(Box.Store.IsFilling);
        Assert.Equal(before, await _log.RowsAsync());
        Assert.Equal(SealFiles.Hours(Box.Root)[^1], await _log.MarkAsync());
    }

    private Task PausedAsync() => _log.Paused.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

    private int Indexed(CameraIdentity camera) => Box.IndexWriter.Waiting > 0 ? 0 : Box.Outbox.Events.Count(e => e.Data.Camera == camera.Uid);

    /// <summary>Everything that the log says before the marked hour is in the index.</summary>
    private async Task MarkIsNotAheadAsync()
    {
        var mark = await _log.MarkAsync();
        HashSet<Guid> said = [];
        foreach (var (hour, record) in new SealReader(Box.Root).Read(null, CancellationToken.None))
        {
            if (string.CompareOrdinal(hour, mark) >= 0) break;
            if (record.Data is { } data) said.Add(data.Segment);
            said.ExceptWith(record.Segments ?? []);
        }

        Assert.Equal(said, await Box.Store.ReadAsync(db => SegmentRows.Known(db, said)));
    }
}
