using Heldar.Edge.PreRoll;
using NodaTime;

namespace Heldar.Edge.Tests.PreRoll;

/// <summary>One budget for all rings: beyond it media goes to disk and comes back the same, and where the disk does not take it, only the pre-roll is shorter.</summary>
public sealed class PreRollSpillTests
{
    private const int Fps = SyntheticCamera.FramesPerSecond;
    private const long Budget = 2 << 20;

    [Fact]
    public void BeyondTheBudget_TheOldestLiesOnDisk_AndComesBackTheSame()
    {
        using var box = new RingFixture(new PreRollOptions { BudgetBytes = Budget });
        using var one = box.Store.Open("one", Duration.FromSeconds(10));
        using var two = box.Store.Open("two", Duration.FromSeconds(10));
        SyntheticCamera[] cameras = [new(one, box.Pool, 4_000_000, 2), new(two, box.Pool, 1_000_000, 1)];
        foreach (var camera in cameras) camera.Begin();
        for (var frame = 0; frame < 30 * Fps; frame++)
        {
            foreach (var camera in cameras) camera.Send(1);
            Assert.InRange(box.Store.MemoryBytes, 0, Budget);
            if (frame % 3 == 0) box.Step();
        }

        Assert.Equal((false, false), (one.Progress.IsShort, two.Progress.IsShort));
        Assert.True(one.Progress.SpilledBytes > 3_000_000, $"{one.Progress.SpilledBytes} bytes on disk");
        Assert.InRange(one.Progress.SpilledBytes, 1, 6_500_000);
        Assert.Equal(["volume.json"], Directory.EnumerateFileSystemEntries(box.Root).Select(Path.GetFileName));
        foreach (var (ring, camera) in new[] { (one, cameras[0]), (two, cameras[1]) })
        {
            var read = box.Read(ring, camera.Now - Duration.FromSeconds(10)).OfType<int>().ToList();
            Assert.Equal([.. Enumerable.Range(20 * Fps, 10 * Fps)], read);
            Assert.Equal(0, ring.Progress.SpilledBytes);
        }
    }

    [Fact]
    public void SpillFileThatMayNotGrow_MakesThePreRollShorter_AndNoCameraIsLeftOut()
    {
        using var box = new RingFixture(new PreRollOptions { BudgetBytes = Budget, MaxSpillBytes = 1 << 20 });
        using var large = box.Store.Open("large", Duration.FromSeconds(30));
        var first = new SyntheticCamera(large, box.Pool, 8_000_000, 1);
        first.Begin();
        first.Send(20 * Fps, box.Step);
        Assert.True(large.Progress.IsShort);
        Assert.InRange(large.Progress.Reach, Duration.FromSeconds(1), Duration.FromSeconds(4));

        using var late = box.Store.Open("late", Duration.FromSeconds(2));
        var second = new SyntheticCamera(late, box.Pool, 500_000, 1);
        second.Begin();
        for (var frame = 0; frame < 20 * Fps; frame++)
        {
            first.Send(1);
            second.Send(1);
            box.Step();
        }

        Assert.NotEmpty(box.Read(late, second.Now - Duration.FromSeconds(2)).OfType<int>());
        var read = box.Read(large, Instant.MinValue).OfType<int>().ToList();
        Assert.Equal([.. Enumerable.Range(read[0], first.Next - read[0])], read);
    }

    [Fact]
    public void DiskThatFails_IsTold_AndTheNewestStaysWhole()
    {
        using var box = new RingFixture(new PreRollOptions { BudgetBytes = Budget });
        using var ring = box.Store.Open("gate", Duration.FromSeconds(20));
        var camera = new SyntheticCamera(ring, box.Pool, 4_000_000, 1);
        Directory.Delete(box.Root, recursive: true);
        camera.Begin();
        camera.Send(20 * Fps, () => box.Store.Step());

        Assert.NotNull(box.Store.Problem);
        Assert.True(ring.Progress.IsShort);
        Assert.InRange(box.Store.MemoryBytes, 1, Budget);
        var read = box.Read(ring, Instant.MinValue).OfType<int>().ToList();
        Assert.Equal([.. Enumerable.Range(read[0], (20 * Fps) - read[0])], read);
        Assert.True(read.Count >= 2 * Fps, $"{read.Count} pictures");

        Directory.CreateDirectory(box.Root);
        ring.Begin(null, null);
        camera.Send(10 * Fps, () => box.Store.Step());
        Assert.Null(box.Store.Problem);
    }

    [Fact]
    public async Task RingThatIsClosedWhileItIsSpilled_GivesEverythingBack()
    {
        using var box = new RingFixture(new PreRollOptions { BudgetBytes = Budget });
        for (var round = 0; round < 20; round++)
        {
            using var stop = new CancellationTokenSource();
            var spilling = Task.Run(() =>
            {
                while (!stop.IsCancellationRequested) box.Store.Step();
            });
            using (var ring = box.Store.Open("gate", Duration.FromSeconds(20)))
            {
                var camera = new SyntheticCamera(ring, box.Pool, 8_000_000, 1);
                camera.Begin();
                camera.Send((3 * Fps) + (round * 7));
            }

            await stop.CancelAsync();
            await spilling;
            Assert.Equal(0, box.Store.MemoryBytes);
            Assert.False(box.Store.Any);
        }

        Assert.Equal(["volume.json"], Directory.EnumerateFileSystemEntries(box.Root).Select(Path.GetFileName));
    }

    [Fact]
    public void WhatAKillLeftBehind_IsRemoved()
    {
        using var box = new RingFixture();
        File.WriteAllText(Path.Combine(box.Root, $"preroll-{Guid.NewGuid():N}.spill"), "");
        File.WriteAllText(Path.Combine(box.Root, "other.spill"), "");

        box.Store.CleanUp();

        Assert.Equal(["other.spill", "volume.json"], Directory.EnumerateFileSystemEntries(box.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
