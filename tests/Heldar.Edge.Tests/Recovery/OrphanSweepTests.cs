using System.Diagnostics;
using Heldar.Contracts.Events;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Tests.Retention;
using Heldar.Media.SegmentNames;
using Heldar.Media.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Recovery;

/// <summary>What nobody knows goes to quarantine while the box runs, and nothing else moves; judged by the disk.</summary>
public sealed class OrphanSweepTests : IAsyncDisposable
{
    private static readonly Guid Gate = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private readonly RetentionFixture _box = new();
    private readonly TemporaryFolder _elsewhere = new();

    [Fact]
    public async Task FileThatNobodyKnows_GoesToQuarantine_AndIsSealed()
    {
        var known = await PutAsync(Hours(5));
        var orphan = Orphan(Hours(5), "orphan");

        var result = await SweepAsync();

        Assert.Equal(new OrphanResult(2, 1, 0, null), result);
        Assert.Equal([known], _box.OnDisk().Where(id => id != orphan.Id));
        Assert.False(File.Exists(Full(orphan)));
        Assert.Equal("orphan", await File.ReadAllTextAsync(Path.Combine(_box.Box.Root, Quarantine.Folder, Path.GetFileName(orphan.RelativePath))));
        Assert.Equal(orphan.RelativePath, Assert.Single(_box.Box.Seals(), s => s.Type == SealType.Quarantined).Path);
        Assert.Equal(new OrphanResult(1, 0, 0, null), await SweepAsync());
    }

    [Fact]
    public async Task FileThatIsPutBack_GoesToQuarantineAgain_BesideTheFirst()
    {
        _ = await PutAsync(Hours(5));
        var orphan = Orphan(Hours(5), "first");
        await SweepAsync();
        Orphan(orphan, "second");

        Assert.Equal(1, (await SweepAsync()).Moved);

        Assert.Equal(["first", "second"], Directory.GetFiles(Path.Combine(_box.Box.Root, Quarantine.Folder)).Select(File.ReadAllText).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task YoungFile_AndOneThatIsStillWritten_Stay()
    {
        _ = await PutAsync(Hours(5));
        var young = Orphan(_box.Clock.Now - OrphanSweep.SafeAge + Duration.FromMinutes(1), "young");
        var written = Orphan(Hours(5), "written", touched: _box.Clock.Now - Duration.FromMinutes(1));
        var future = Orphan(Hours(5) - Duration.FromMinutes(1), "future", touched: _box.Clock.Now + Duration.FromDays(400));

        Assert.Equal(0, (await SweepAsync()).Moved);

        Assert.All([young, written, future], o => Assert.True(File.Exists(Full(o))));
    }

    [Fact]
    public async Task FileThatOnlyASealKnows_Stays_AndComesIntoTheIndex()
    {
        var known = await PutAsync(Hours(5));
        var (closed, deleted) = (Orphan(Hours(30), "closed"), Orphan(Hours(31), "gone"));
        // Such as one whose salvage the disk sealed when nobody waited for it any more.
        await SealAsync(Closed(closed));
        await SealAsync(Closed(deleted));
        await SealAsync(new SealRecord
        {
            Type = SealType.Deletion,
            Deleted = new FootageDeletedData { Camera = Gate, From = deleted.Start, To = deleted.Start + Duration.FromMilliseconds(1), Reason = "age", Count = 1, Bytes = 6 },
            Segments = [deleted.Id],
        });

        Assert.Equal(new OrphanResult(3, 0, 0, null), await SweepAsync());

        Assert.True(File.Exists(Full(closed)));
        await Eventually.TrueAsync(() => _box.IndexedAsync(Gate).GetAwaiter().GetResult().SetEquals([known, closed.Id]), "it is in the index");
        Assert.Equal(new OrphanResult(3, 0, 0, null), await SweepAsync());
    }

    [Fact]
    public async Task TwoFilesWithOneId_EndNoSweep()
    {
        _ = await PutAsync(Hours(5));
        var orphan = Orphan(Hours(5), "orphan");
        var copy = Orphan(new SegmentName("yard", Hours(6), orphan.Id), "copy");

        Assert.Equal(2, (await SweepAsync()).Moved);

        Assert.False(File.Exists(Full(orphan)) || File.Exists(Full(copy)));
    }

    [Fact]
    public async Task FileThatWasOpenedAndHasNoFootage_GoesToQuarantine()
    {
        _ = await PutAsync(Hours(5));
        var opened = Orphan(Hours(30), "opened");
        await SealAsync(new SealRecord
        {
            Type = SealType.Opened,
            Path = opened.RelativePath,
            Opened = new OpenedSeal(opened.Id, Gate, "gate", Gate, opened.Start, "avc1.64000d", 640, 360, 10, new string('a', 64)),
        });

        Assert.Equal(new OrphanResult(2, 0, 0, null), await SweepAsync());

        Assert.Equal("opened", await File.ReadAllTextAsync(Path.Combine(_box.Box.Root, Quarantine.Folder, Path.GetFileName(opened.RelativePath))));
        Assert.Equal(opened.RelativePath, Assert.Single(_box.Box.Seals(), s => s.Type == SealType.Quarantined).Path);
    }

    [Fact]
    public async Task DamagedSealLog_MayBeWhatKnowsIt_SoThatNothingMoves()
    {
        _ = await PutAsync(Hours(5));
        var orphan = Orphan(Hours(5), "orphan");
        var damaged = SealFiles.PathOf(_box.Box.Root, "2020/01/01/00");
        Directory.CreateDirectory(Path.GetDirectoryName(damaged)!);
        await File.WriteAllTextAsync(damaged, "rubbish\n");

        var result = await SweepAsync();

        Assert.Equal(0, result.Moved);
        Assert.Contains("2020/01/01/00, line 1", result.Doubt, StringComparison.Ordinal);
        Assert.True(File.Exists(Full(orphan)));
    }

    [Fact]
    public async Task NewestLine_HalfWritten_IsNoDamage()
    {
        _ = await PutAsync(Hours(5));
        Orphan(Hours(5), "orphan");
        var newest = SealFiles.PathOf(_box.Box.Root, "2099/01/01/00");
        Directory.CreateDirectory(Path.GetDirectoryName(newest)!);
        await File.WriteAllTextAsync(newest, "{\"seq\":7,");

        var result = await SweepAsync();

        Assert.Equal((1, (string?)null), (result.Moved, result.Doubt));
    }

    [Fact]
    public async Task HostileNamesAndLinks_AreNeitherMovedNorFollowed()
    {
        _ = await PutAsync(Hours(5));
        var orphan = Orphan(Hours(5), "orphan");
        var folder = Path.GetDirectoryName(Full(orphan))!;
        var outside = new SegmentName("gate", Hours(30), Guid.CreateVersion7());
        var secret = Path.Combine(_elsewhere.Path, Path.GetFileName(outside.RelativePath));
        await File.WriteAllTextAsync(secret, "not yours");
        File.SetLastWriteTimeUtc(secret, Hours(30).ToDateTimeUtc());
        // A whole hour that lies elsewhere, a file that does, a camera that does, and one that leads back to its own volume.
        Directory.CreateDirectory(Path.Combine(_box.Box.Root, Path.GetDirectoryName(Path.GetDirectoryName(outside.RelativePath)!)!));
        Directory.CreateSymbolicLink(Path.Combine(_box.Box.Root, Path.GetDirectoryName(outside.RelativePath)!), _elsewhere.Path);
        File.CreateSymbolicLink(Full(new SegmentName("gate", orphan.Start, Guid.CreateVersion7())), secret);
        Directory.CreateSymbolicLink(Path.Combine(_box.Box.Root, "linked"), Path.Combine(_box.Box.Root, "gate"));
        var upper = Path.GetFileName(orphan.RelativePath).Replace(orphan.Id.ToString("D"), Guid.CreateVersion7().ToString("D").ToUpperInvariant(), StringComparison.Ordinal);
        await RunAsync(folder, $"""
            touch -d 2020-01-01 "$(printf 'bad\377\376.mp4')" "$(printf 'new\nline.mp4')" ' ' './-rf' '*' '..mp4' 'a\..\..\b.mp4' '$(reboot).mp4' "$(printf 'esc\033[2J.mp4')" '{upper}' "$(printf '%0250d' 0).mp4"
            mkfifo 'pipe.mp4'
            mkdir 'folder.mp4'
            """);
        var before = Names(folder);

        var result = await SweepAsync();

        var after = Names(folder);
        // .NET cannot name what is no UTF-8, so the shell tidies up.
        await RunAsync(folder, "rm -rf -- ./*");
        Assert.Equal((1, (string?)null), (result.Moved, result.Doubt));
        Assert.Equal(16, result.Others);
        Assert.Equal(before - 1, after);
        Assert.Equal("not yours", await File.ReadAllTextAsync(secret));
        Assert.Single(Directory.GetFileSystemEntries(_elsewhere.Path));
        Assert.Single(Directory.GetFileSystemEntries(Path.Combine(_box.Box.Root, Quarantine.Folder)));
    }

    [Fact]
    public async Task QuarantineThatIsALink_TakesNothing()
    {
        _ = await PutAsync(Hours(5));
        var orphan = Orphan(Hours(5), "orphan");
        Directory.CreateSymbolicLink(Path.Combine(_box.Box.Root, Quarantine.Folder), _elsewhere.Path);

        Assert.Equal(0, (await SweepAsync()).Moved);

        Assert.True(File.Exists(Full(orphan)));
        Assert.Empty(Directory.GetFileSystemEntries(_elsewhere.Path));
    }

    [Fact]
    public async Task OneSweep_MovesABoundedNumber_AndRestsBetweenFolders()
    {
        _ = await PutAsync(Hours(5));
        for (var i = 0; i < OrphanSweep.MaxMoved + 10; i++) Orphan(Hours(10 + (i % 8)), "orphan");
        var rests = 0;

        var first = await SweepAsync(() => rests++);
        var second = await SweepAsync();

        Assert.Equal((OrphanSweep.MaxMoved, 10), (first.Moved, second.Moved));
        Assert.InRange(rests, 1, 10);
    }

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        _elsewhere.Dispose();
    }

    private static SealRecord Closed(SegmentName name) => new()
    {
        Type = SealType.Closed,
        Path = name.RelativePath,
        Data = new SegmentData
        {
            Segment = name.Id,
            Camera = Gate,
            Revision = 1,
            Run = Gate,
            Start = name.Start,
            End = name.Start + Duration.FromSeconds(30),
            Bytes = 6,
            Codec = "avc1.64000d",
            Frames = 1,
            Sha256 = new string('a', 64),
            Root = new string('b', 64),
            Reason = "closed",
        },
    };

    private Task SealAsync(SealRecord record) => _box.Box.Writers.All[0].SealAsync(record, CancellationToken.None);

    private static async Task RunAsync(string folder, string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-e", "-c", script]) { WorkingDirectory = folder })!;
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
    }

    /// <summary>Counts without decoding the names.</summary>
    private static int Names(string folder) => Directory.GetFileSystemEntries(folder).Length;

    private Instant Hours(int ago) => _box.Clock.Now - Duration.FromHours(ago);

    private async Task<Guid> PutAsync(Instant start) => (await _box.PutAsync(Gate, "gate", start)).Segment;

    private string Full(SegmentName name) => Path.Combine(_box.Box.Root, name.RelativePath);

    private SegmentName Orphan(Instant start, string content, Instant? touched = null) => Orphan(new SegmentName("gate", start, Guid.CreateVersion7(start.ToDateTimeOffset())), content, touched);

    private SegmentName Orphan(SegmentName name, string content, Instant? touched = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Full(name))!);
        File.WriteAllText(Full(name), content);
        File.SetLastWriteTimeUtc(Full(name), (touched ?? name.Start).ToDateTimeUtc());
        return name;
    }

    private Task<OrphanResult> SweepAsync(Action? rest = null) => new OrphanSweep(_box.Box.Store, _box.Box.IndexWriter, _box.Clock, NullLogger<OrphanSweep>.Instance).RunAsync(
        _box.Box.Writers.All[0],
        _ =>
        {
            rest?.Invoke();
            return ValueTask.CompletedTask;
        },
        CancellationToken.None);
}
