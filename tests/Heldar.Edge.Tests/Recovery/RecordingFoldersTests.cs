using Heldar.Edge.Fsck;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Seals;
using Heldar.Media.SegmentNames;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Recovery;

/// <summary>A volume that is a whole disk, with what operating systems and desktops put on it, and folders that the service's user may not read.</summary>
public sealed class RecordingFoldersTests : IDisposable
{
    private static readonly Instant Four = Instant.FromUtc(2026, 11, 21, 4, 10);
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly Volume _volume;

    public RecordingFoldersTests()
    {
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        _volume = Volume.Open(_folder.File("disk"), Four);
    }

    public void Dispose()
    {
        foreach (var locked in Directory.GetDirectories(_volume.Root, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })) File.SetUnixFileMode(locked, (UnixFileMode)0b111_101_101);
        _folder.Dispose();
    }

    [Fact]
    public void ForeignFolderThatMayNotBeRead_KeepsNobodyFromWhatIsOurs()
    {
        var mine = Put("gate", Four);
        foreach (var foreign in (string[])["lost+found", ".Trash-1000", "System Volume Information"]) Lock(Directory.CreateDirectory(_folder.File($"disk/{foreign}")).FullName);

        var (files, unseen) = OtherUser.Does(() => UnclosedSegments.Find(_volume, wholeLog: false, CancellationToken.None));

        Assert.Equal(mine.RelativePath, Assert.Single(files).Path);
        Assert.Empty(unseen);
    }

    [Fact]
    public void FolderOfOursThatMayNotBeRead_IsTold_AndTheOthersAreRead()
    {
        var mine = Put("gate", Four);
        var other = Put("yard", Four);
        var hidden = Put("gate", Four + Duration.FromHours(1));
        Seal(mine, other, hidden);
        Lock(Path.GetDirectoryName(_volume.Resolve(hidden.RelativePath))!);

        var (files, unseen) = OtherUser.Does(() => UnclosedSegments.Find(_volume, wholeLog: false, CancellationToken.None));
        Assert.Equal([mine.RelativePath, other.RelativePath], files.Select(f => f.Path).Order(StringComparer.Ordinal));
        Assert.Equal("gate/2026/11/21/05", Assert.Single(unseen).Folder);

        var report = OtherUser.Does(() => new Checker([_volume], null, _clock, NullLoggerFactory.Instance).RunAsync(false, false, _ => { }, CancellationToken.None).GetAwaiter().GetResult());
        Assert.Equal("gate/2026/11/21/05", Assert.Single(report.Listed, f => f.Code == "folder-unreadable").Subject);
        Assert.DoesNotContain(report.Listed, f => f.Code == "segment-lost");
    }

    [Fact]
    public void Walk_FollowsNoLink_EntersNoOtherName_AndNamesBoth()
    {
        var mine = Put("gate", Four);
        Directory.CreateDirectory(_folder.File("disk/gate/2026/notes/21/04"));
        Directory.CreateDirectory(_folder.File("disk/.heldar/2026"));
        Directory.CreateSymbolicLink(_folder.File("disk/linked"), _folder.File("disk/gate"));
        Directory.CreateDirectory(_folder.File($"disk/{Path.GetDirectoryName(mine.RelativePath)}/deeper"));

        var folders = RecordingFolders.Of(_volume).ToList();

        Assert.Equal(["", "gate", "gate/2026", "gate/2026/11", "gate/2026/11/21", "gate/2026/11/21/04"], folders.Select(f => f.Path));
        Assert.Equal(mine, Assert.Single(folders.SelectMany(f => f.Segments)));
        Assert.Equal([("gate/2026/11/21/04/deeper", false), ("gate/2026/notes", false), ("linked", true)], folders.SelectMany(f => f.Others).Select(o => (o.Path, o.IsLink)).Order());
    }

    [Fact]
    public void Walk_BeginsAtAnHour_OrWithTheNewest()
    {
        foreach (var hours in (int[])[0, 1, 30, 24 * 40]) Put("gate", Four + Duration.FromHours(hours));

        IEnumerable<string> Hours(string? since, bool newestFirst) => RecordingFolders.Of(_volume, since: since, newestFirst: newestFirst).Where(f => f.Segments.Count > 0).Select(f => f.Path["gate/".Length..]);
        Assert.Equal(["2026/11/21/05", "2026/11/22/10", "2026/12/31/04"], Hours("2026/11/21/05", false));
        Assert.Equal(["2026/12/31/04", "2026/11/22/10", "2026/11/21/05", "2026/11/21/04"], Hours(null, true));
    }

    [Fact]
    public async Task PipeWithTheNameOfASegment_IsNotOpened_AndKeepsNobodyFromWhatIsOurs()
    {
        var mine = Put("gate", Four);
        var (pipe, opened) = (new SegmentName("gate", Four + Duration.FromMinutes(1), Guid.CreateVersion7()), new SegmentName("yard", Four, Guid.CreateVersion7()));
        Seal(opened);
        foreach (var name in (SegmentName[])[pipe, opened]) Pipe.Make(_volume.Resolve(name.RelativePath)!);

        var recovery = Task.Run(
            () =>
            {
                using var seals = SealLog.Open(_volume.Root, _clock);
                new VolumeRecovery(NullLogger<VolumeRecovery>.Instance).Run(_volume, seals, CancellationToken.None);
                return CameraFolders.Read(_volume, _ => { }, CancellationToken.None).Count();
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(0, await recovery.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));

        Assert.Equal(mine.RelativePath, Assert.Single(new SealReader(_volume.Root).Read(null, CancellationToken.None), e => e.Record.Type == SealType.Quarantined).Record.Path);
        Assert.Equal([pipe.RelativePath, opened.RelativePath], RecordingFolders.Of(_volume).SelectMany(f => f.Others).Select(o => o.Path));
    }

    private static void Lock(string folder) => File.SetUnixFileMode(folder, UnixFileMode.None);

    private SegmentName Put(string camera, Instant start)
    {
        var name = new SegmentName(camera, start, Guid.CreateVersion7());
        var full = _volume.Resolve(name.RelativePath)!;
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, "x");
        return name;
    }

    private void Seal(params SegmentName[] opened)
    {
        _clock.Now = Four;
        using var seals = SealLog.Open(_volume.Root, _clock);
        foreach (var name in opened)
            seals.Append(new SealRecord { Type = SealType.Opened, Path = name.RelativePath, Opened = new OpenedSeal(name.Id, Guid.NewGuid(), name.Camera, Guid.NewGuid(), name.Start, "avc1.64000d", 640, 360, 10, new string('a', 64)) });
    }
}
