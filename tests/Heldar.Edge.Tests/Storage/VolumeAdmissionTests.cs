using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>The right disk is used, and every other one is named with what to do; nothing on it is overwritten.</summary>
public sealed class VolumeAdmissionTests : IDisposable
{
    private static readonly Guid Box = Guid.Parse("0190c0de-0000-7000-8000-00000000000a");
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();

    private string Path => _folder.File("disk");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void NewFolder_BecomesAVolumeOfThisBox()
    {
        var admitted = Look();

        Assert.Equal((VolumeFault.None, null), (admitted.Fault, admitted.Cause));
        Assert.Equal((admitted.Volume!.Id, Box), (Volume.ReadIdentity(Path)!.Id, Volume.ReadIdentity(Path)!.Box));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FolderWithoutIdentity_IsNotBegun_WhileNobodyKnowsWhatWasThere(bool forgot)
    {
        Directory.CreateDirectory(Path);

        Refuses(new VolumeAdmission(Box, () => forgot).Look(new(Path, VolumeRole.Primary, false), forgot ? [] : null, [], _clock.Now), VolumeFault.Away, "may not be mounted", "volumes adopt");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path));
        Assert.NotNull(new VolumeAdmission(Box, () => false).Look(new(Path, VolumeRole.Primary, false), [], [], _clock.Now).Volume);
    }

    [Fact]
    public void DiskOfTheFirstVersion_IsTakenAsOurs()
    {
        var id = Volume.Open(Path, _clock.Now).Id;

        Assert.Equal(id, Look().Volume!.Id);
        Assert.Equal(Box, Volume.ReadIdentity(Path)!.Box);
    }

    [Fact]
    public void DiskOfAnotherBox_IsRefused()
    {
        Volume.Open(Path, _clock.Now, Guid.NewGuid());
        var before = File.ReadAllBytes(System.IO.Path.Combine(Path, Volume.IdentityFile));

        Refuses(Look(), VolumeFault.Other, "belongs to another box", "volumes adopt");
        Assert.Equal(before, File.ReadAllBytes(System.IO.Path.Combine(Path, Volume.IdentityFile)));
    }

    [Fact]
    public void EmptyMountPoint_IsRefused_AndNothingIsWrittenToIt()
    {
        var known = Known(Look().Volume!, null);
        Directory.Delete(Path, recursive: true);
        Directory.CreateDirectory(Path);

        Refuses(Look(known), VolumeFault.Away, "not mounted", "Mount the disk");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path));
    }

    [Fact]
    public void MissingFolder_OfAKnownVolume_IsNotMadeAnew()
    {
        var known = Known(Look().Volume!, null);
        Directory.Delete(Path, recursive: true);

        Refuses(Look(known), VolumeFault.Away, "not mounted");
        Assert.False(Directory.Exists(Path));
    }

    [Fact]
    public void FolderOnTheSystemsDisk_IsRefused_WhenADiskMustBeMounted()
    {
        Refuses(new VolumeAdmission(Box).Look(new("/heldar-no-such-disk", VolumeRole.Primary, true), [], [], _clock.Now), VolumeFault.Away, "no disk is mounted", "Mount the disk");
        Assert.False(Directory.Exists("/heldar-no-such-disk"));
    }

    [Fact]
    public void SwappedDisks_AreRefused()
    {
        var volume = Look().Volume!;

        Refuses(Look([new KnownVolume(volume.Id, Path, "mirror", null)]), VolumeFault.Other, "swapped");
    }

    [Fact]
    public void MovedDisk_IsFollowed()
    {
        var volume = Look().Volume!;

        Assert.Equal((volume.Id, null), (Look([new KnownVolume(volume.Id, "/elsewhere", "primary", null)]).Volume!.Id, Look().Cause));
    }

    [Fact]
    public void Copy_IsRefused_WhileTheOtherIsInUse()
    {
        var twin = Look().Volume!;
        var copy = _folder.File("copy");
        Directory.CreateDirectory(copy);
        File.Copy(System.IO.Path.Combine(Path, Volume.IdentityFile), System.IO.Path.Combine(copy, Volume.IdentityFile));

        Refuses(new VolumeAdmission(Box).Look(new(copy, VolumeRole.Primary, false), [], [twin], _clock.Now), VolumeFault.Other, "is a copy");
    }

    [Fact]
    public void OlderStateOfADisk_IsRecordedOn_AndTold()
    {
        var volume = Look().Volume!;
        Seal(2);
        var copy = Directory.GetFiles(Path, "*.jsonl", SearchOption.AllDirectories).Single();
        var older = File.ReadAllBytes(copy);
        var head = Seal(3);
        var same = Look(Known(volume, head));
        File.WriteAllBytes(copy, older);

        Assert.Null(same.Cause);
        var admitted = Look(Known(volume, head));
        Assert.Equal(volume.Id, admitted.Volume!.Id);
        Assert.Contains("older state", admitted.Cause, StringComparison.Ordinal);
        Assert.Equal(older, File.ReadAllBytes(copy));
    }

    [Fact]
    public void OlderStateThatWasWrittenElsewhere_IsTold()
    {
        var volume = Look().Volume!;
        Seal(2);
        var copy = Directory.GetFiles(Path, "*.jsonl", SearchOption.AllDirectories).Single();
        var older = File.ReadAllBytes(copy);
        var head = Seal(3);
        File.WriteAllBytes(copy, older);
        _clock.Advance(Duration.FromSeconds(1));
        Seal(9);

        Assert.Contains("older state", Look(Known(volume, head)).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void LostIdentity_ComesBack_WhenTheSealLogProvesIt()
    {
        var volume = Look().Volume!;
        var head = Seal(3);
        File.Delete(System.IO.Path.Combine(Path, Volume.IdentityFile));

        var admitted = Look(Known(volume, head));
        Assert.Equal(volume.Id, admitted.Volume!.Id);
        Assert.Contains("identity back", admitted.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedIdentity_IsRefused_AndStays()
    {
        Directory.CreateDirectory(Path);
        File.WriteAllText(System.IO.Path.Combine(Path, Volume.IdentityFile), "{");

        Refuses(Look(), VolumeFault.Other, "damaged");
        Assert.Equal("{", File.ReadAllText(System.IO.Path.Combine(Path, Volume.IdentityFile)));
    }

    [Fact]
    public void Adopt_TakesOver_ANewDisk_AnotherBoxsDisk_AndAnotherRole()
    {
        var settings = SettingsReader.Read(_folder.File("heldar.yaml"), "recording: { volumes: [{ path: ./disk }] }", _ => null);
        var box = BoxMark.ReadOrCreate(settings.DataFolder, [], _clock.Now);
        var admission = new VolumeAdmission(box);
        Assert.ThrowsAny<IOException>(() => VolumesCommand.Adopt(settings, Path, _clock.Now));
        Assert.Throws<InvalidDataException>(() => VolumesCommand.Adopt(settings, _folder.Path, _clock.Now));
        Directory.CreateDirectory(Path);
        IReadOnlyList<KnownVolume> known = [new(Guid.NewGuid(), Path, "primary", null)];
        Assert.Null(admission.Look(settings.Recording.AllVolumes[0], known, [], _clock.Now).Volume);
        VolumesCommand.Adopt(settings, Path, _clock.Now);
        var id = admission.Look(settings.Recording.AllVolumes[0], known, [], _clock.Now).Volume!.Id;

        Volume.Write(Path, Volume.ReadIdentity(Path)! with { Box = Guid.NewGuid(), Role = null });
        known = [new(id, Path, "mirror", null)];
        Assert.Null(admission.Look(settings.Recording.AllVolumes[0], known, [], _clock.Now).Volume);
        VolumesCommand.Adopt(settings, Path, _clock.Now);
        Assert.Equal(id, admission.Look(settings.Recording.AllVolumes[0], known, [], _clock.Now).Volume!.Id);
    }

    [Fact]
    public void BoxMark_ComesBackFromTheDisks_WhenTheDataFolderIsLost()
    {
        Look();
        IReadOnlyList<VolumeSettings> wishes = [new(_folder.File("none"), VolumeRole.Primary, false), new(Path, VolumeRole.Primary, false)];

        Assert.Equal(Box, BoxMark.ReadOrCreate(_folder.File("data"), wishes, _clock.Now));
        Assert.Equal(Box, BoxMark.ReadOrCreate(_folder.File("data"), [], _clock.Now));
        Assert.NotEqual(Box, BoxMark.ReadOrCreate(_folder.File("other"), [], _clock.Now));
        File.WriteAllText(_folder.File("data/box.id"), "nonsense");
        Assert.Throws<InvalidDataException>(() => BoxMark.ReadOrCreate(_folder.File("data"), wishes, _clock.Now));
    }

    private static void Refuses(Admitted admitted, VolumeFault fault, params string[] says)
    {
        Assert.Null(admitted.Volume);
        Assert.Equal(fault, admitted.Fault);
        Assert.All(says, text => Assert.Contains(text, admitted.Cause, StringComparison.Ordinal));
    }

    private Admitted Look(IReadOnlyList<KnownVolume>? known = null) => new VolumeAdmission(Box).Look(new(Path, VolumeRole.Primary, false), known ?? [], [], _clock.Now);

    private IReadOnlyList<KnownVolume> Known(Volume volume, SealHead? head) => [new(volume.Id, Path, "primary", head)];

    private SealHead Seal(int records)
    {
        using var log = SealLog.Open(Path, _clock);
        for (var i = 0; i < records; i++) log.Append(new SealRecord { Type = SealType.Noted, Cause = "a record" });
        log.Flush();
        return log.Head!;
    }
}
