using System.Net.Sockets;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Fsck;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Retention;
using Heldar.Edge.Tests.Store;
using Heldar.Media.SegmentNames;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Fsck;

/// <summary>A folder in order gives no finding; each fault that is put in gives its own.</summary>
public sealed class CheckerTests : IAsyncDisposable
{
    private static readonly Guid Camera = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private readonly RetentionFixture _box = new();
    private readonly List<SegmentData> _stored = [];

    private Instant Epoch => _box.Clock.Now - Duration.FromDays(1);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task ABoxInOrder_HasNoFinding_AndAllIsLookedAt()
    {
        await FillAsync();
        _ = await _box.HoldAsync(Camera, Epoch, Epoch + Duration.FromSeconds(25));
        _box.Machine.Synchronised = true;
        _box.Policy = _box.Policy with { Age = Duration.FromHours(24) - Duration.FromSeconds(70) };
        await _box.Retainer.SweepAsync(CancellationToken.None);

        var report = await CheckAsync();

        Assert.Empty(report.Listed.Select(f => f.ToString()));
        Assert.Equal(0, report.Open);
        Assert.Equal((5, 5, 5, 1), (report.Checked["files"], report.Checked["rows"], report.Checked["segments"], report.Checked["holds"]));
    }

    [Theory]
    [InlineData("orphan", 8)]
    [InlineData("segment-lost", 3)]
    [InlineData("segment-changed", 3)]
    [InlineData("segment-twice", 2)]
    [InlineData("link", 8)]
    [InlineData("unknown-file", 8)]
    [InlineData("seal-chain", 3)]
    [InlineData("not-indexed", 8)]
    [InlineData("row-without-seal", 8)]
    [InlineData("row-differs", 8)]
    [InlineData("row-deleted", 8)]
    [InlineData("deleted-but-there", 8)]
    [InlineData("counters", 8)]
    [InlineData("spans", 8)]
    [InlineData("held-mark", 4)]
    [InlineData("held-deleted", 4)]
    [InlineData("hold-not-indexed", 4)]
    [InlineData("gap-unexplained", 1)]
    [InlineData("gap-not-sealed", 8)]
    [InlineData("overlap-in-run", 1)]
    [InlineData("database-missing", 8)]
    [InlineData("database-damaged", 8)]
    [InlineData("unclosed", 8)]
    [InlineData("segment-unreadable", 3)]
    public async Task AFault_IsFound_WithItsInvariant(string code, int invariant)
    {
        await FillAsync();
        await BreakAsync(code);

        var report = await CheckAsync();

        Assert.Contains(report.Listed, f => (f.Code, f.Invariant) == (code, invariant));
        Assert.True(report.Open > 0);
    }

    [Theory]
    [InlineData("orphan")]
    [InlineData("not-indexed")]
    [InlineData("row-deleted")]
    [InlineData("counters")]
    [InlineData("spans")]
    [InlineData("held-mark")]
    [InlineData("hold-not-indexed")]
    [InlineData("database-damaged")]
    public async Task Repair_PutsInOrderWhatItCan_AndDeletesNothing(string code)
    {
        await FillAsync();
        await BreakAsync(code);
        var before = Directory.EnumerateFiles(_box.Box.Root, "*.mp4", SearchOption.AllDirectories).Count();

        Assert.Equal(0, (await CheckAsync(repair: true)).Open);
        await _box.Box.StartAsync();
        Assert.Empty((await CheckAsync()).Listed.Select(f => f.ToString()));
        Assert.Equal(before, Directory.EnumerateFiles(_box.Box.Root, "*.mp4", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public async Task Hash_FindsOneFlippedBit()
    {
        await FillAsync();
        await _box.Box.StopAsync();
        var volume = Volume.Open(_box.Box.Root, _box.Clock.Now);
        Assert.Contains((await RunAsync(hash: true, volume)).Listed, f => f.Code == "segment-changed");
        Assert.DoesNotContain((await RunAsync(hash: false, volume)).Listed, f => f.Code == "segment-changed");
        _box.Box.Reopen();
    }

    [Fact]
    public async Task Hash_FindsAFileThatIsWhatWasSealed_AndNoSegment()
    {
        var sealedAs = await _box.PutAsync(Camera, "gate", Epoch);
        var data = sealedAs with { Revision = 2, Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(new byte[sealedAs.Bytes])) };
        Assert.True(_box.Box.Writers.All[0].TrySeal(new SealRecord { Type = SealType.Closed, Path = new SegmentName("gate", data.Start, data.Segment).RelativePath, Data = data }));
        await _box.Box.StopAsync();

        var volume = Volume.Open(_box.Box.Root, _box.Clock.Now);
        Assert.Contains((await RunAsync(hash: true, volume)).Listed, f => (f.Code, f.Invariant) == ("segment-odd", 3));
        Assert.DoesNotContain((await RunAsync(hash: false, volume)).Listed, f => f.Code == "segment-odd");
        _box.Box.Reopen();
    }

    [Fact]
    public async Task ZeroedPages_AreFound_AndWithoutRepairTheDatabaseStays()
    {
        await FillAsync();
        Damage.Zero(_box.Box.Store);
        await _box.Box.StopAsync();
        var database = _box.Box.Store.FilePath;

        var report = await RunAsync(hash: false, Volume.Open(_box.Box.Root, _box.Clock.Now));
        Assert.Equal(("database-damaged", 8, false), report.Listed.Select(f => (f.Code, f.Invariant, f.Repaired)).Single());
        Assert.Empty(DamagedDatabase.Kept(database));
        Assert.True(File.Exists(database));
        _box.Box.Reopen();
    }

    [Fact]
    public async Task ManyGaps_ExplainAllThatTheyExplain()
    {
        await FillAsync();
        const int Gaps = 60_000;
        var (from, seconds) = (Epoch - Duration.FromDays(3), 2L * Gaps);
        await SqlAsync(
            """
            INSERT INTO wanted (camera, start_ns, end_ns) VALUES (@camera, @from, @from + @seconds * 1000000000);
            INSERT INTO recorded_mark (camera, through_ns, seen_ns) VALUES (@camera, @seen, @seen);
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < @gaps - 1)
            INSERT INTO gap (id, camera, revision, start_ns, end_ns, cause)
              SELECT printf('00000000-0000-7000-8000-%012d', i), @camera, 1, @from + i * 2000000000, @from + (i + 1) * 2000000000, 1 FROM n;
            """,
            new { camera = SegmentIndex.Text(Camera), from = SegmentIndex.Ns(from), seconds, seen = SegmentIndex.Ns(Epoch + Duration.FromSeconds(170)), gaps = Gaps });

        Assert.DoesNotContain((await CheckAsync()).Listed, f => f.Code != "gap-not-sealed");
    }

    [Fact]
    public async Task Command_LeavesAnEmptyMountPointEmpty_AndFails()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("disk"));
        await File.WriteAllTextAsync(folder.File("heldar.yaml"), "box: { data: ./data }\nrecording: { volumes: [{ path: ./disk }] }\n", TestContext.Current.CancellationToken);
        foreach (var how in (string[][])[[], ["--repair"]])
        {
            var result = await Heldar.Local.Processes.Tool.RunAsync(Heldar.Local.Build.Edge, ["fsck", "--config", folder.File("heldar.yaml"), .. how], TestContext.Current.CancellationToken);

            Assert.Equal(1, result.ExitCode);
            Assert.Contains("holds no volume", result.Error, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder.File("disk")));
        }
    }

    private async Task FillAsync()
    {
        for (var i = 0; i < 6; i++) _stored.Add(await _box.PutAsync(Camera, "gate", Epoch + Duration.FromSeconds(i * 30)));
    }

    private string FileOf(int which) => Path.Combine(_box.Box.Root, PathOf(which));

    private string PathOf(int which) => new SegmentName("gate", _stored[which].Start, _stored[which].Segment).RelativePath;

    private async Task BreakAsync(string code)
    {
        var id = SegmentIndex.Text(_stored[2].Segment);
        switch (code)
        {
            case "orphan":
                var stray = Path.Combine(_box.Box.Root, new SegmentName("gate", _stored[0].Start, Guid.CreateVersion7()).RelativePath);
                await File.WriteAllTextAsync(stray, "x");
                break;
            case "segment-lost": File.Delete(FileOf(2)); break;
            case "segment-changed": await File.AppendAllTextAsync(FileOf(2), "x"); break;
            case "segment-twice": File.Copy(FileOf(2), Path.Combine(_box.Box.Root, new SegmentName("other", _stored[2].Start, _stored[2].Segment).RelativePath.Replace("other/", Made("other", _stored[2].Start), StringComparison.Ordinal))); break;
            case "link": File.CreateSymbolicLink(Path.Combine(_box.Box.Root, "gate", "x.mp4"), FileOf(2)); break;
            case "unknown-file": await File.WriteAllTextAsync(Path.Combine(_box.Box.Root, "gate", "notes.txt"), "x"); break;
            case "seal-chain":
                await _box.Box.StopAsync();
                var log = Directory.EnumerateFiles(Path.Combine(_box.Box.Root, SealFiles.Folder), "*.jsonl", SearchOption.AllDirectories).First();
                await File.WriteAllTextAsync(log, (await File.ReadAllTextAsync(log)).Replace("\"bytes\":1000", "\"bytes\":1001", StringComparison.Ordinal));
                _box.Box.Reopen();
                break;
            case "not-indexed": await SqlAsync("DELETE FROM segment WHERE id = @id", new { id }); break;
            case "row-without-seal": await SqlAsync("UPDATE segment SET id = @other WHERE id = @id", new { id, other = SegmentIndex.Text(Guid.CreateVersion7()) }); break;
            case "row-differs": await SqlAsync("UPDATE segment SET sha256 = @zeros WHERE id = @id", new { id, zeros = new string('0', 64) }); break;
            case "row-deleted" or "deleted-but-there": await SealDeletionAsync(2, removeFile: code == "row-deleted"); break;
            case "counters": await SqlAsync("UPDATE camera_volume_total SET bytes = bytes + 1", null); break;
            case "spans": await SqlAsync("UPDATE footage_span SET end_ns = end_ns + 1", null); break;
            case "held-mark": await SqlAsync("UPDATE segment SET held = 1 WHERE id = @id", new { id }); break;
            case "held-deleted":
                _ = await _box.HoldAsync(Camera, Epoch, Epoch + Duration.FromHours(1));
                await SealDeletionAsync(2, removeFile: true);
                break;
            case "hold-not-indexed":
                _ = await _box.HoldAsync(Camera, Epoch, Epoch + Duration.FromHours(1));
                await SqlAsync("DROP TRIGGER hold_stays; DELETE FROM hold; UPDATE segment SET held = 0; CREATE TRIGGER hold_stays BEFORE DELETE ON hold BEGIN SELECT RAISE(ABORT, 'a hold is never deleted'); END;", null);
                break;
            case "gap-unexplained":
                await SqlAsync(
                    "INSERT INTO wanted (camera, start_ns) VALUES (@camera, @from); INSERT INTO recorded_mark (camera, through_ns, seen_ns) VALUES (@camera, @to, @to)",
                    new { camera = SegmentIndex.Text(Camera), from = SegmentIndex.Ns(Epoch), to = SegmentIndex.Ns(Epoch + Duration.FromSeconds(200)) });
                break;
            case "gap-not-sealed":
                var told = new GapData { Gap = Guid.CreateVersion7(), Camera = Camera, Revision = 2, Start = Epoch, End = Epoch + Duration.FromSeconds(9), Cause = GapCause.Network };
                // Its first revision came into the log, the one that ended it did not.
                Assert.True(_box.Box.Writers.All[0].TrySeal(new SealRecord { Type = SealType.Gap, Missing = told with { Revision = 1, End = null } }));
                await _box.Box.Store.EnqueueAsync(db => GapRows.Apply(db, _box.Box.Outbox, told));
                break;
            case "overlap-in-run":
                var data = _stored[5] with { Segment = Guid.CreateVersion7(), Run = _stored[4].Run, Start = _stored[4].Start + Duration.FromSeconds(10) };
                Assert.True(_box.Box.Writers.All[0].TrySeal(new SealRecord { Type = SealType.Closed, Path = new SegmentName("gate", data.Start, data.Segment).RelativePath, Data = data }));
                break;
            case "database-missing":
                await _box.Box.StopAsync();
                Directory.Delete(Path.Combine(_box.Box.Folder, "data"), recursive: true);
                break;
            case "database-damaged":
                await _box.Box.StopAsync();
                Damage.Garbage(_box.Box.Store.FilePath);
                break;
            case "unclosed":
                var opened = Guid.CreateVersion7();
                var name = new SegmentName("gate", _stored[5].End, opened);
                Assert.True(_box.Box.Writers.All[0].TrySeal(new SealRecord
                {
                    Type = SealType.Opened,
                    Path = name.RelativePath,
                    Opened = new OpenedSeal(opened, Camera, "gate", Guid.CreateVersion7(), _stored[5].End, "avc1.64000d", 320, 180, 10, new string('a', 64)),
                }));
                await File.WriteAllTextAsync(Path.Combine(_box.Box.Root, name.RelativePath), "x");
                break;
            case "segment-unreadable":
                File.Delete(FileOf(2));
                using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
                {
                    // No user, not even the first, can open a socket as a file; its name must be short where it is made.
                    socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_box.Box.Folder, "s")));
                    File.Move(Path.Combine(_box.Box.Folder, "s"), FileOf(2));
                }

                break;
            default: throw new ArgumentOutOfRangeException(nameof(code), code, null);
        }
    }

    /// <summary>Makes the folder, and gives back what stands for it.</summary>
    private string Made(string slug, Instant start)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_box.Box.Root, new SegmentName(slug, start, Guid.Empty).RelativePath))!);
        return slug + "/";
    }

    private Task SqlAsync(string sql, object? values) => _box.Box.Store.EnqueueAsync(db => db.Execute(sql, values));

    private async Task SealDeletionAsync(int which, bool removeFile)
    {
        if (removeFile) File.Delete(FileOf(which));
        var gone = _stored[which];
        var deleted = new FootageDeletedData { Camera = Camera, From = gone.Start, To = gone.Start + Duration.FromMilliseconds(1), Reason = "age", Count = 1, Bytes = gone.Bytes };
        await _box.Box.Writers.All[0].SealAsync(new SealRecord { Type = SealType.Deletion, Deleted = deleted, Segments = [gone.Segment] }, CancellationToken.None);
    }

    private async Task<FsckReport> CheckAsync(bool repair = false)
    {
        if (Directory.Exists(Path.Combine(_box.Box.Folder, "data"))) await _box.Box.StopAsync();
        var report = await RunAsync(hash: false, Volume.Open(_box.Box.Root, _box.Clock.Now), repair);
        _box.Box.Reopen();
        return report;
    }

    private async Task<FsckReport> RunAsync(bool hash, Volume volume, bool repair = false) =>
        await new Checker([volume], Path.Combine(_box.Box.Folder, "data", "box.db"), _box.Clock, NullLoggerFactory.Instance).RunAsync(hash, repair, _ => { }, CancellationToken.None);
}
