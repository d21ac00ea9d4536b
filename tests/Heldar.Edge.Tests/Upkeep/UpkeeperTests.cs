using System.Text.Json.Nodes;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Jobs;
using Heldar.Edge.RuntimeSettings;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Retention;
using Heldar.Edge.Upkeep;
using NodaTime;

namespace Heldar.Edge.Tests.Upkeep;

/// <summary>The database does not grow for ever, and no clock prunes what somebody may still ask for.</summary>
public sealed class UpkeeperTests : IAsyncDisposable
{
    private static readonly Guid Camera = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private static readonly Guid Removed = Guid.Parse("0190c0de-0000-7000-8000-000000000003");
    private readonly RetentionFixture _box = new();

    private readonly SettingsGroup<DatabaseLimits> _limits = DatabaseLimits.Group(4L << 30);

    private Upkeeper Upkeep => new(_box.Box.Store, _box.Retainer, _limits, _box.Clock);

    private Instant Now => _box.Clock.Now;

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Ledger_IsPruned_BeforeAYear_AndBeforeTheOldestFootage()
    {
        _box.Machine.Synchronised = true;
        await _box.PutAsync(Camera, "gate", Now - Duration.FromDays(500));
        foreach (var days in (int[])[600, 450, 100])
        {
            await PutAsync(Camera, days);
            await PutAsync(Removed, days);
        }

        Assert.Equal(0, await Upkeep.PruneAsync(CancellationToken.None));
        await _box.Retainer.GuardAsync(CancellationToken.None);
        // Of the camera with footage what lies before it, of the other what is older than a year: a gap, a refill, a wish and a deletion each.
        Assert.Equal(4 + 8, await Upkeep.PruneAsync(CancellationToken.None));

        Assert.Equal([450, 100], await LeftAsync(Camera));
        Assert.Equal([100], await LeftAsync(Removed));
        Assert.Equal(0, await Upkeep.PruneAsync(CancellationToken.None));
        Assert.Equal(3, await CountAsync("gap_fill"));
        Assert.Equal(3, await CountAsync("footage_deleted"));
        Assert.Equal(3, await CountAsync("wanted"));
        // What was pruned is not wanted without an explanation.
        var wanted = await _box.Box.Store.ReadAsync(db => GapRows.Wanted(db, Removed, Instant.FromUnixTimeTicks(0), Now), TestContext.Current.CancellationToken);
        Assert.All(wanted, w => Assert.True(w.Start >= Now - Upkeeper.Kept));
    }

    [Fact]
    public async Task SteppedClock_PrunesNothing()
    {
        _box.Machine.Synchronised = true;
        await PutAsync(Removed, 300);
        var job = new RecordingJob(Guid.CreateVersion7(), Camera, null, null, Ago(300), Ago(299), JobState.Completed, Ago(299), null);
        await _box.Box.Store.EnqueueAsync(db => JobRows.Put(db, job));
        await _box.Retainer.GuardAsync(CancellationToken.None);
        _box.Machine.Synchronised = false;

        _box.Clock.Advance(Duration.FromDays(1000));
        await _box.Retainer.GuardAsync(CancellationToken.None);
        Assert.Equal(0, await Upkeep.PruneAsync(CancellationToken.None));
        Assert.Equal(1, await CountAsync("gap"));
        Assert.Equal(1, await CountAsync("recording_job"));

        _box.Machine.Synchronised = true;
        await _box.Retainer.GuardAsync(CancellationToken.None);
        Assert.Equal(4, await Upkeep.PruneAsync(CancellationToken.None));
        foreach (var table in (string[])["gap", "gap_fill", "footage_deleted", "recording_job"]) Assert.Equal(0, await CountAsync(table));
        // The newest wish stays.
        Assert.Equal(1, await CountAsync("wanted"));
    }

    [Fact]
    public async Task OldDoubts_Go_UnlessFootageIsDatedInThem()
    {
        _box.Machine.Synchronised = true;
        await _box.Retainer.GuardAsync(CancellationToken.None);
        await _box.PutAsync(Camera, "gate", Now - Duration.FromDays(700));
        await _box.Box.Store.EnqueueAsync(db =>
        {
            foreach (var days in (int[])[800, 700, 10])
                db.Execute(
                    "INSERT INTO clock_doubt (from_ns, to_ns, until_ns) VALUES (@from, @to, @until)",
                    new { from = SegmentIndex.Ns(Ago(days)), to = SegmentIndex.Ns(Ago(days) + Duration.FromHours(1)), until = SegmentIndex.Ns(Ago(days) + Duration.FromHours(2)) });
        });

        Assert.Equal(1, await Upkeep.PruneAsync(CancellationToken.None));
        Assert.Equal(2, await CountAsync("clock_doubt"));
    }

    [Fact]
    public async Task Pruning_TakesAllBatches()
    {
        _box.Machine.Synchronised = true;
        await _box.Retainer.GuardAsync(CancellationToken.None);
        await _box.Box.Store.EnqueueAsync(db => db.Execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1700)
            INSERT INTO gap (id, camera, revision, start_ns, end_ns, cause) SELECT printf('%036d', i), @camera, 1, i * 1000000000, i * 1000000000 + 5, 0 FROM n
            """,
            new { camera = SegmentIndex.Text(Camera) }));

        Assert.Equal(1700, await Upkeep.PruneAsync(CancellationToken.None));
        Assert.Equal(0, await CountAsync("gap"));
    }

    [Fact]
    public async Task DatabaseAboveItsLimit_ForgetsTheOldestExplanations_AndNoMoreThanItMust()
    {
        _box.Machine.Synchronised = true;
        await _box.Retainer.GuardAsync(CancellationToken.None);
        // One gap an hour for 300 days, half a kilobyte each; of the other camera there is footage of 20 days ago.
        await _box.PutAsync(Camera, "gate", Now - Duration.FromDays(20));
        await GapsAsync(Removed, 7200, 500);
        await GapsAsync(Camera, 480, 500);
        var (upkeep, seven) = (Upkeep, await CountAsync($"gap WHERE start_ns >= {SegmentIndex.Ns(Ago(7))}"));
        var used = (await upkeep.MeasureAsync(CancellationToken.None)).UsedBytes;
        Limit(used);
        Assert.Equal(0, await upkeep.KeepBelowLimitAsync(CancellationToken.None));

        Limit(used / 10 * 8);
        Assert.True(await upkeep.KeepBelowLimitAsync(CancellationToken.None) > 0);
        Assert.Null(upkeep.Problem);
        Assert.InRange((await upkeep.MeasureAsync(CancellationToken.None)).Bytes, 1 << 20, used / 10 * 8);
        // 180 days are enough.
        Assert.InRange(await CountAsync($"gap WHERE camera = '{SegmentIndex.Text(Removed)}'"), (180 * 24) - 1, (180 * 24) + 1);

        Limit(1 << 20);
        Assert.True(await upkeep.KeepBelowLimitAsync(CancellationToken.None) > 0);
        // Whose footage is there keeps its explanations, and everybody the last week: what is left is larger than the limit, and that is told.
        Assert.Equal(480, await CountAsync($"gap WHERE camera = '{SegmentIndex.Text(Camera)}'"));
        Assert.InRange(seven, 1, await CountAsync($"gap WHERE start_ns >= {SegmentIndex.Ns(Ago(7))}"));
    }

    [Fact]
    public async Task DatabaseThatStaysTooLarge_SaysWhy()
    {
        _box.Machine.Synchronised = true;
        await GapsAsync(Removed, 160, 10_000);
        Limit(1 << 20);
        var upkeep = Upkeep;
        // Nobody vouches for the clock yet.
        Assert.Equal(0, await upkeep.KeepBelowLimitAsync(CancellationToken.None));
        Assert.Contains("clock", upkeep.Problem, StringComparison.Ordinal);
        await _box.Retainer.GuardAsync(CancellationToken.None);
        Assert.Equal(0, await upkeep.KeepBelowLimitAsync(CancellationToken.None));
        Assert.Contains("the last week of the ledger stay", upkeep.Problem, StringComparison.Ordinal);

        Limit(1 << 30);
        Assert.Equal(0, await upkeep.KeepBelowLimitAsync(CancellationToken.None));
        Assert.Null(upkeep.Problem);
    }

    [Fact]
    public async Task File_Shrinks_WhenRowsWent_AndItsLogIsCut()
    {
        var store = _box.Box.Store;
        await store.EnqueueAsync(db => db.Execute("CREATE TABLE ballast (x BLOB)"));
        await store.EnqueueAsync(db => db.Execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO ballast SELECT randomblob(4000) FROM n"));
        Assert.True(store.LogBytes > Upkeeper.MaxLogBytes, $"{store.LogBytes} bytes of log");
        await store.EnqueueAsync(db => db.Execute("DROP TABLE ballast"));
        await Media.Tests.Eventually.TrueAsync(Upkeep.CutLog, "the log is cut");
        Assert.Equal(0, store.LogBytes);
        var full = store.FileBytes;

        Assert.InRange(await Upkeep.ShrinkAsync(CancellationToken.None), 1, Upkeeper.SparePages);
        Assert.True(store.CutLog());
        Assert.True(store.FileBytes < full / 4, $"{full} bytes became {store.FileBytes}");
        Assert.Equal("ok", await store.ReadAsync(db => db.ExecuteScalar<string>("PRAGMA integrity_check"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task DatabaseOfAnOlderProgram_LearnsToShrink_AtItsStart()
    {
        await _box.Box.StopAsync();
        using (var db = new SqliteConnection(_box.Box.Store.FilePath))
        {
            db.Open();
            db.Execute("PRAGMA auto_vacuum = NONE");
            db.Execute("VACUUM");
            Assert.Equal(0, db.ExecuteScalar<long>("PRAGMA auto_vacuum"));
        }

        _box.Box.Reopen();
        Assert.Equal(2, await _box.Box.Store.ReadAsync(db => db.ExecuteScalar<long>("PRAGMA auto_vacuum"), TestContext.Current.CancellationToken));
        Assert.False(_box.Box.Store.BeganAnew);
    }

    [Fact]
    public async Task Converting_BuildsTheCopyOnTheDisk_AndNotInMemory()
    {
        var store = _box.Box.Store;
        await store.EnqueueAsync(db => db.Execute("CREATE TABLE ballast (x BLOB)"));
        await store.EnqueueAsync(db => db.Execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 16000) INSERT INTO ballast SELECT randomblob(4000) FROM n"));
        await store.RunAloneAsync(db => db.Execute("PRAGMA auto_vacuum = NONE; VACUUM"), TestContext.Current.CancellationToken);
        var upkeep = Upkeep;
        Assert.Equal(0, upkeep.BytesMissingToConvert());
        Assert.False((await upkeep.MeasureAsync(CancellationToken.None)).Incremental);
        var before = SQLitePCL.raw.sqlite3_memory_used();
        SQLitePCL.raw.sqlite3_memory_highwater(1);

        upkeep.Ask(convert: true);
        await upkeep.AskedAsync(CancellationToken.None);

        var most = SQLitePCL.raw.sqlite3_memory_highwater(0) - before;
        Assert.True((await upkeep.MeasureAsync(CancellationToken.None)).Incremental);
        Assert.True(most < 32 << 20, $"64 MB were converted with {most} bytes of memory");
        Assert.Equal(16000, await CountAsync("ballast"));
        var (place, folder) = (0L, "");
        await store.RunAloneAsync(db => (place, folder) = (db.ExecuteScalar<long>("PRAGMA temp_store"), db.ExecuteScalar<string>("PRAGMA temp_store_directory") ?? ""), TestContext.Current.CancellationToken);
        Assert.Equal((2L, ""), (place, folder));
    }

    private void Limit(long bytes)
    {
        var problems = new List<string>();
        _limits.Check(new JsonObject { ["max_bytes"] = bytes }, problems)?.Apply();
        Assert.Empty(problems);
    }

    /// <summary>One gap an hour, the newest half an hour ago.</summary>
    private Task GapsAsync(Guid camera, int count, int detail) => _box.Box.Store.EnqueueAsync(db => db.Execute(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)
        INSERT INTO gap (id, camera, revision, start_ns, end_ns, cause, detail) SELECT printf('%s%020d', substr(@camera, 25), i), @camera, 1, @now - i * 3600000000000, @now - i * 3600000000000 + 1800000000000, 0, hex(randomblob(@detail / 2)) FROM n
        """,
        new { camera = SegmentIndex.Text(camera), count, detail, now = SegmentIndex.Ns(Now) }));

    private Instant Ago(int days) => Now - Duration.FromDays(days);

    private Task PutAsync(Guid camera, int days) => _box.Box.Store.EnqueueAsync(db =>
    {
        var (from, to) = (Ago(days), Ago(days) + Duration.FromHours(1));
        var gap = new GapData { Gap = Guid.CreateVersion7(from.ToDateTimeOffset()), Camera = camera, Revision = 1, Start = from, End = to, Cause = GapCause.Network };
        Assert.True(GapRows.Apply(db, _box.Box.Outbox, gap));
        Assert.True(GapRows.Want(db, camera, from, to));
        db.Execute("INSERT INTO footage_deleted (camera, start_ns, end_ns) VALUES (@camera, @from, @to)", new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to) });
        db.Execute(
            "INSERT INTO gap_fill (gap, camera, start_ns, end_ns, state, attempts, taken) VALUES (@gap, @camera, @from, @to, 0, 0, '')",
            new { gap = SegmentIndex.Text(gap.Gap), camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to) });
    });

    private async Task<IEnumerable<int>> LeftAsync(Guid camera) =>
        (await _box.Box.Store.ReadAsync(db => GapRows.Pages(db, camera, Instant.FromUnixTimeTicks(0), Now).ToList(), TestContext.Current.CancellationToken)).Select(g => (int)Math.Round((Now - g.Start).TotalDays));

    private Task<long> CountAsync(string table) => _box.Box.Store.ReadAsync(db => db.ExecuteScalar<long>($"SELECT count(*) FROM {table}"), TestContext.Current.CancellationToken);
}
