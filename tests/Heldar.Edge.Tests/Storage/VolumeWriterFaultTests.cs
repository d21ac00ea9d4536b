using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Media.Mp4;
using Heldar.Media.SegmentNames;
using Heldar.Media.Tests;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>What a writer makes of faults that come at the wrong moment, with segments that the test itself writes.</summary>
public sealed class VolumeWriterFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FragmentPool _pool = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task SegmentThatFails_IsClosedOnce_WhenItsEndIsPostedAlready()
    {
        await using var box = await StartAsync();
        var (writer, owner) = (box.Writers.All[0], new Owner());
        var file = Open(box, writer, owner);
        Write(writer, file);
        await Eventually.TrueAsync(() => owner.Durables > 0, "it is on disk");
        // The seal log cannot begin its next hour.
        var tomorrow = Path.Combine(_folder.File("disk"), SealFiles.Folder, "2027");
        await File.WriteAllTextAsync(tomorrow, "in the way", Cancellation);
        box.Clock.Now = Instant.FromUtc(2027, 1, 1, 0, 0);
        // The end is posted while the writer's thread still tells of the failure, as a recorder does that did not hear of it.
        owner.OnFailed = () => writer.TryClose(file, box.Clock.Now);
        Write(writer, file);
        await Eventually.TrueAsync(() => owner.Failures > 0, "it fails");
        File.Delete(tomorrow);

        await Eventually.TrueAsync(() => owner.Closes + owner.Abandons > 0, "it is closed");
        await writer.SealAsync(new SealRecord { Type = SealType.Noted, Cause = "another round" }, Cancellation);
        Assert.Equal((1, 0), (owner.Closes, owner.Abandons));
    }

    /// <summary>Who asks whether only held footage is left goes by it.</summary>
    [Fact]
    public async Task FreeSpace_IsTold_WhileNothingCanBeSealed()
    {
        using var disk = TinyDisk.Create(48);
        await using var box = await StartAsync(disk.Path);
        var (writer, owner) = (box.Writers.All[0], new Owner());
        var file = Open(box, writer, owner);
        Write(writer, file);
        await Eventually.TrueAsync(() => owner.Durables > 0, "it is on disk");
        // The seal log cannot begin its next hour: no sync comes to its end.
        await File.WriteAllTextAsync(Path.Combine(disk.Path, SealFiles.Folder, "2027"), "in the way", Cancellation);
        box.Clock.Now = Instant.FromUtc(2027, 1, 1, 0, 0);
        Assert.True(writer.TryClose(file, box.Clock.Now));
        await Eventually.TrueAsync(() => writer.Failure is not null, "it fails");
        Assert.True(writer.FreeBytes > 24 << 20, $"{writer.FreeBytes} bytes are free");

        await File.WriteAllBytesAsync(Path.Combine(disk.Path, "foreign"), new byte[24 << 20], Cancellation);
        await Eventually.TrueAsync(() => writer.FreeBytes < 24 << 20, "what somebody else took is not free");
        Assert.NotNull(writer.Failure);
        Assert.Equal((0, 0), (owner.Closes, owner.Abandons));
    }

    [Fact]
    public async Task FaultThatWantsTheVolumeOpenedAnew_StaysUntilItIs_WhateverIsWrittenSince()
    {
        await using var box = await StartAsync();
        var (writer, owner) = (box.Writers.All[0], new Owner());
        var identity = Path.Combine(_folder.File("disk"), Volume.IdentityFile);
        File.Move(identity, _folder.File("identity"));
        Open(box, writer, owner);
        await Eventually.TrueAsync(() => writer.Fault == VolumeFault.Away, "the disk is seen to be away");
        File.Move(_folder.File("identity"), identity);

        var file = Open(box, writer, owner);
        Write(writer, file);
        for (var round = 0; round < 5; round++) await Assert.ThrowsAsync<IOException>(() => writer.SealAsync(new SealRecord { Type = SealType.Noted, Cause = "another round" }, Cancellation));
        Assert.Equal(VolumeFault.Away, writer.Fault);
        Assert.Equal(0, owner.Durables);

        await box.StepUntilAsync(() => box.Writers.All is [var other] && other != writer, "the volume is opened anew");
        Assert.Equal(VolumeFault.None, box.Writers.All[0].Fault);
    }

    [Fact]
    public async Task SegmentThatClosesOnAVolumeToBeOpenedAnew_IsNotCalledDurable()
    {
        await using var box = await StartAsync();
        var (writer, owner, other) = (box.Writers.All[0], new Owner(), new Owner());
        var file = Open(box, writer, owner);
        Write(writer, file);
        await Eventually.TrueAsync(() => owner.Durables > 0, "it is on disk");
        File.Move(Path.Combine(_folder.File("disk"), Volume.IdentityFile), _folder.File("identity"));
        Open(box, writer, other);
        await Eventually.TrueAsync(() => writer.Fault == VolumeFault.Away, "the disk is seen to be away");
        var head = writer.Head;

        // The log takes its last record and would be flushed without an error, as it is after an fsync that failed once.
        writer.TryClose(file, box.Clock.Now);
        await Eventually.TrueAsync(() => owner.Closes + owner.Abandons > 0, "it is let go");
        Assert.Equal((0, 1), (owner.Closes, owner.Abandons));
        Assert.Equal(head, writer.Head);
        File.Move(_folder.File("identity"), Path.Combine(_folder.File("disk"), Volume.IdentityFile));
    }

    [Fact]
    public async Task BugThatEndsTheThread_FailsWhoWaits_AndTheKeeperOpensTheVolumeAnew()
    {
        await using var box = await StartAsync();
        var (writer, owner) = (box.Writers.All[0], new Owner());
        using var reached = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        owner.OnDurable = () =>
        {
            reached.Set();
            goOn.Wait(TimeSpan.FromSeconds(30), CancellationToken.None);
            throw new InvalidOperationException("a bug");
        };
        var file = Open(box, writer, owner);
        Write(writer, file);
        Assert.True(reached.Wait(TimeSpan.FromSeconds(20), Cancellation));
        var waits = writer.SealAsync(new SealRecord { Type = SealType.Noted, Cause = "behind it" }, Cancellation);
        Write(writer, file);
        goOn.Set();

        Assert.Contains("a bug", (await Assert.ThrowsAsync<IOException>(() => waits)).Message, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => owner.Abandons == 1, "its owner is told");
        Assert.True(file.Broken);
        Assert.Equal(VolumeFault.Ended, writer.Fault);
        await Assert.ThrowsAsync<IOException>(() => writer.SealAsync(new SealRecord { Type = SealType.Noted, Cause = "too late" }, Cancellation));

        await box.StepUntilAsync(() => box.Writers.All is [var other] && other != writer, "the volume is opened anew");
        await box.Writers.All[0].SealAsync(new SealRecord { Type = SealType.Noted, Cause = "it works" }, Cancellation);
    }

    /// <summary>Who is told of a record asks the head for its hour.</summary>
    [Fact]
    public async Task WhoIsToldOfARecord_FindsItInTheHead()
    {
        await using var box = await StartAsync();
        var (writer, owner) = (box.Writers.All[0], new Owner());
        SealHead? told = null;
        owner.OnClosed = () => told = writer.Head;
        var file = Open(box, writer, owner);
        Write(writer, file);
        Assert.True(writer.TryClose(file, box.Clock.Now));
        await Eventually.TrueAsync(() => owner.Closes == 1, "it is closed");

        await box.Writers.DisposeAsync();
        Assert.NotNull(told);
        Assert.Equal(writer.Head, told);
    }

    private async Task<VolumesFixture> StartAsync(string? disk = null) => await VolumesFixture.StartAsync(new VolumeSettings(disk ?? _folder.File("disk"), VolumeRole.Primary, false));

    private static SegmentFile Open(VolumesFixture box, VolumeWriter writer, Owner owner)
    {
        var label = new SegmentLabel(Guid.CreateVersion7(), Guid.NewGuid(), Guid.NewGuid(), box.Clock.Now, 640, 360, "avc1.64000d");
        var file = new SegmentFile(writer.Volume, new SegmentName("gate", label.Start, label.Segment).RelativePath, label, "gate", new byte[100], owner);
        Assert.True(writer.TryOpen(file));
        return file;
    }

    private void Write(VolumeWriter writer, SegmentFile file)
    {
        var job = _pool.Rent();
        job.SetHead(new byte[200]);
        (job.Frames, job.End) = (1, file.Label.Start + Duration.FromSeconds(1));
        Assert.True(writer.TryWrite(file, job, _pool));
    }

    /// <summary>Counts what it is told.</summary>
    private sealed class Owner : ISegmentOwner
    {
        private int _durables;
        private int _closes;
        private int _failures;
        private int _abandons;

        public Action? OnFailed { get; set; }

        public Action? OnDurable { get; set; }

        public Action? OnClosed { get; set; }

        public int Durables => Volatile.Read(ref _durables);

        public int Closes => Volatile.Read(ref _closes);

        public int Failures => Volatile.Read(ref _failures);

        public int Abandons => Volatile.Read(ref _abandons);

        public void Durable(SegmentFile file)
        {
            Interlocked.Increment(ref _durables);
            OnDurable?.Invoke();
        }

        public void Closed(SegmentFile file)
        {
            OnClosed?.Invoke();
            Interlocked.Increment(ref _closes);
        }

        public void Failed(SegmentFile file, string error)
        {
            OnFailed?.Invoke();
            Interlocked.Increment(ref _failures);
        }

        public void Abandoned(SegmentFile file) => Interlocked.Increment(ref _abandons);
    }
}
