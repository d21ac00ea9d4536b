using Heldar.Edge.PreRoll;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Tests.PreRoll;

public sealed class PreRollRingTests : IDisposable
{
    private const int Fps = SyntheticCamera.FramesPerSecond;
    private readonly RingFixture _box = new();

    public void Dispose() => _box.Dispose();

    /// <summary>What is kept begins with a keyframe at or before the wanted seconds: up to a picture group more. What of it is above 1.15 x bit rate x seconds lies on disk.</summary>
    [Theory]
    [InlineData(1, 1, 10)]
    [InlineData(4, 1, 10)]
    [InlineData(4, 2, 30)]
    [InlineData(8, 1, 60)]
    [InlineData(2, 4, 60)]
    [InlineData(1, 10, 10)]
    [InlineData(4, 2, 10)]
    [InlineData(4, 10, 60)]
    [InlineData(8, 10, 5)]
    public void Memory_IsWhatTheCameraSends_AndLittleMore(int megabits, int groupSeconds, int seconds)
    {
        using var ring = _box.Store.Open("gate", Duration.FromSeconds(seconds));
        var camera = new SyntheticCamera(ring, _box.Pool, megabits * 1_000_000L, groupSeconds);
        long most = 0;
        camera.Begin();
        camera.Send((2 * seconds + (3 * groupSeconds)) * Fps, () =>
        {
            most = Math.Max(most, ring.MemoryBytes);
            if (camera.Next % 3 == 0) _box.Step();
            if (camera.Next > (seconds + groupSeconds) * Fps) Assert.True(ring.Progress.Reach >= Duration.FromSeconds(seconds) - Duration.FromMilliseconds(40));
        });

        var kept = most / (megabits * 125_000.0 * seconds);
        TestContext.Current.SendDiagnosticMessage($"{megabits} Mbit/s, group {groupSeconds} s, {seconds} s: {most} bytes, {kept:0.000} x bit rate x seconds, {ring.Progress.SpilledBytes} bytes on disk");
        Assert.True(kept <= 1.15, $"{most} bytes, {kept:0.000} x bit rate x seconds");
        if (groupSeconds * 20 <= seconds) Assert.Equal(0, ring.Progress.SpilledBytes);
        Assert.Equal(ring.MemoryBytes, _box.Store.MemoryBytes);
        Assert.False(ring.Progress.IsShort);
    }

    /// <summary>The same with access units of an encoder, looked at as seldom as the box does; and what comes back from memory and disk is every byte of them.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public async Task Memory_OfRealAccessUnits_IsAtMostItsShare_AndNothingIsMissing(double groupSeconds)
    {
        var clip = await EncodedClip.MakeAsync(groupSeconds, TestContext.Current.CancellationToken);
        foreach (var seconds in (int[])[5, 10, 30, 60])
        {
            using var ring = _box.Store.Open("gate", Duration.FromSeconds(seconds));
            var (most, spilled, sent) = (0L, 0L, (int)((seconds * 2) + (groupSeconds * 3.7)) * EncodedClip.FramesPerSecond);
            ring.Append(new StreamRun(Guid.CreateVersion7(), RunReason.Connected, EncodedClip.Start));
            for (var number = 0; number < sent; number++)
            {
                clip.Send(number, ring, _box.Pool);
                (most, spilled) = (Math.Max(most, ring.MemoryBytes), Math.Max(spilled, ring.Progress.SpilledBytes));
                if (number % (EncodedClip.FramesPerSecond / 8) == 0) _box.Step();
            }

            var kept = most / (clip.BytesPerSecond * seconds);
            TestContext.Current.SendDiagnosticMessage($"{clip.BytesPerSecond * 8 / 1e6:0.00} Mbit/s, group {groupSeconds} s, {seconds} s: {kept:0.000} x bit rate x seconds in memory, up to {spilled} bytes on disk");
            Assert.True(kept <= 1.15, $"group {groupSeconds} s, {seconds} s: {kept:0.000} x bit rate x seconds");
            var first = clip.KeyframeAtOrBefore(sent - 1 - (seconds * EncodedClip.FramesPerSecond));
            Assert.Equal(Enumerable.Range(first, sent - first), _box.Numbers(ring, EncodedClip.TimeOf(sent - 1) - Duration.FromSeconds(seconds), clip));
        }
    }

    [Theory]
    [InlineData(0, 225)]
    [InlineData(3000, 150)]
    [InlineData(2960, 150)]
    [InlineData(5960, 75)]
    [InlineData(60_000, 0)]
    public void Start_BeginsWithTheKeyframeAtOrBefore(int before, int first)
    {
        using var ring = _box.Store.Open("gate", Duration.FromSeconds(10));
        var camera = new SyntheticCamera(ring, _box.Pool, 400_000, 3);
        camera.Begin();
        camera.Send(9 * Fps + 1);

        var read = _box.Read(ring, camera.Now - Duration.FromMilliseconds(40 + before));

        Assert.Equal([.. Enumerable.Range(first, (9 * Fps) + 1 - first)], read.OfType<int>());
        Assert.IsType<StreamRun>(read[0]);
        Assert.Equal(SyntheticCamera.Format(640), read[1]);
        Assert.True(ring.IsEmpty);
    }

    [Fact]
    public void Formats_Losses_AndRuns_ComeBackInTheirPlaces()
    {
        using var ring = _box.Store.Open("gate", Duration.FromSeconds(20));
        var camera = new SyntheticCamera(ring, _box.Pool, 400_000, 1);
        camera.Begin();
        camera.Send(2 * Fps);
        ring.Append(SyntheticCamera.Format(1280));
        camera.Send(2 * Fps);
        ring.Append(new RingDamage(3));
        ring.Append(new RingLoss(StreamLoss.Stalled, "no media"));
        camera.Now += Duration.FromSeconds(5);
        camera.Begin();
        camera.Send(2 * Fps);

        var read = _box.Read(ring, camera.Now - Duration.FromSeconds(9) - Duration.FromMilliseconds(40));

        Assert.Equal([.. Enumerable.Range(2 * Fps, 4 * Fps)], read.OfType<int>().Where(n => n >= 2 * Fps));
        Assert.Equal(
            ["StreamRun", "640", "1280", "damage 3", "Stalled", "StreamRun", "640"],
            read.Where(o => o is not int).Select(o => o switch { StreamFormat f => $"{f.Video.Width}", RingDamage d => $"damage {d.PacketsLost}", RingLoss l => $"{l.Loss}", _ => o.GetType().Name }));
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public void ClockThatIsStepped_CostsNoPreRoll(int step)
    {
        using var ring = _box.Store.Open("gate", Duration.FromSeconds(10));
        var camera = new SyntheticCamera(ring, _box.Pool, 400_000, 1);
        camera.Begin();
        camera.Send(8 * Fps);
        camera.Now += Duration.FromSeconds(step);
        camera.Begin(RunReason.ClockStep);
        camera.Send(2 * Fps);

        Assert.InRange(ring.Progress.Reach, Duration.FromSeconds(9.9), Duration.FromSeconds(10));
        var read = _box.Read(ring, camera.Now - Duration.FromSeconds(5) - Duration.FromMilliseconds(40)).OfType<int>().ToList();

        Assert.Equal([.. Enumerable.Range(read[0], (10 * Fps) - read[0])], read);
        Assert.InRange(read[0], 4 * Fps, 5 * Fps);
    }

    [Fact]
    public void WhatEndedBefore_IsNotBegunWith()
    {
        using var ring = _box.Store.Open("gate", Duration.FromSeconds(30));
        var camera = new SyntheticCamera(ring, _box.Pool, 400_000, 2);
        camera.Begin();
        camera.Send(4 * Fps);
        ring.Append(new RingLoss(StreamLoss.Unreachable, "gone"));
        camera.Now += Duration.FromSeconds(20);

        Assert.Empty(_box.Read(ring, camera.Now - Duration.FromSeconds(10)).OfType<int>());
    }

    [Fact]
    public void PicturesBeforeTheFirstKeyframe_AreNotKept()
    {
        using var ring = _box.Store.Open("gate", Duration.FromSeconds(10));
        var whole = new SyntheticCamera(ring, _box.Pool, 400_000, 2);
        whole.Begin();
        ring.Begin(null, null);
        whole.Send(10);
        ring.Begin(null, null);
        whole.Send(30);
        Assert.Equal(0, _box.Store.MemoryBytes);
        whole.Send(20);

        Assert.Equal([50, 51, 52, 53, 54, 55, 56, 57, 58, 59], _box.Read(ring, Instant.MinValue).OfType<int>());
    }
}
