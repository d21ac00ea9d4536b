using System.Collections.Immutable;
using Heldar.Media.Ingest;
using Heldar.Media.Rtp;
using Heldar.Media.Streams;
using Heldar.Media.Timing;
using NodaTime;

namespace Heldar.Media.Tests.Ingest;

/// <summary>A box that is held up reads late, and reads a lot at once: that is no reason for a run.</summary>
public sealed class StreamTimelineTests : IDisposable
{
    private const long Second = ArrivalTime.Second;
    private const long Wall0 = 1_772_000_000 * Second;
    private const int PicturesPerSecond = 25;
    private static readonly VideoFormat Format = new(MediaCodec.H264, ImmutableArray<ImmutableArray<byte>>.Empty, 640, 360, "avc1.42c01e");

    private readonly MediaBlockPool _pool = new();
    private readonly Times _seen = new();
    private readonly MediaBlock _block;
    private readonly StreamTimeline _timeline;
    private long _step;
    private double _steppedAt;

    public StreamTimelineTests()
    {
        Assert.True(_pool.TryRent(1024, out _block!));
        var hub = new StreamHub(1 << 20);
        hub.Add(new Subscription(_seen, e => Assert.Fail(e.ToString())));
        _timeline = new StreamTimeline(hub, new StreamMeters(SystemClock.Instance), ClockSource.Box, new AudioFormat(MediaCodec.G711A, 8000, 1, []), 3 * Second / 10);
        _timeline.OnVideoFormat(Format);
    }

    public void Dispose()
    {
        _timeline.Dispose();
        _block.Release();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    [InlineData(2.5)]
    [InlineData(4.9)]
    public void Jump_OpensOneRun_HoweverLateItIsRead(double heldUp)
    {
        // Held up when it connects, and again around the jump of 20 s at second 9.4.
        Play(20, jumpAt: 9.4, jump: 20, heldUpAt: [(0, heldUp), (9, heldUp)]);

        Assert.Equal([RunReason.Connected, RunReason.TimestampJump], _seen.Runs);
        Assert.Equal(20 * PicturesPerSecond, _seen.Pictures.Count);
        foreach (var (number, time) in _seen.Pictures.Where(p => p.Number >= 10 * PicturesPerSecond)) Assert.Equal(number / (double)PicturesPerSecond, time, 0.05);
        // Sound stays with the pictures.
        Assert.All(_seen.Sounds.Where(s => s.Number > 50 * 12), s => Assert.Equal(s.Number / 50.0, s.Time, 0.05));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-3)]
    [InlineData(20)]
    public void CameraClockThatSteps_MovesNeitherPicturesNorSound(double step)
    {
        // The clock that the reports tell steps at second 6; the media goes on. Sound's report is always half a second behind that of video.
        Play(30, reports: seconds => 100 + (seconds >= 6 ? step : 0));

        Assert.Equal([RunReason.Connected], _seen.Runs);
        Assert.All(_seen.Pictures, p => Assert.Equal(p.Number / (double)PicturesPerSecond, p.Time, 0.01));
        Assert.All(_seen.Sounds, s => Assert.Equal(s.Number / 50.0, s.Time, 0.05));
    }

    [Theory]
    [InlineData(-3600, 9.4)]
    [InlineData(3600, 9.4)]
    [InlineData(60 - (Wall0 / Second), 9.4)]
    [InlineData(315_619_200, 9.4)]
    [InlineData(-3600, 0.12)]
    [InlineData(3600, 0.12)]
    [InlineData(60 - (Wall0 / Second), 0.12)]
    [InlineData(315_619_200, 0.12)]
    public void BoxClockThatSteps_CostsNoPictureAndNoSound(double step, double steppedAt)
    {
        // Second 0.12: while the first pictures are held back. And the step is taken back at second 13.4.
        (_step, _steppedAt) = ((long)step * Second, steppedAt);
        Play(20);

        Assert.Equal([RunReason.Connected, RunReason.ClockStep, RunReason.ClockStep], _seen.Runs);
        Assert.Equal(Enumerable.Range(0, 20 * PicturesPerSecond), _seen.Pictures.Select(p => p.Number));
        Assert.Equal(Enumerable.Range(_seen.Sounds[0].Number, _seen.Sounds.Count), _seen.Sounds.Select(s => s.Number));
        Assert.True(_seen.Sounds[^1].Number >= (20 * 50) - 2, "sound to the end");
        // Each run in its own time: up to the keyframe after the step as before, then by the clock as it is.
        var first = (int)Math.Ceiling(steppedAt) * PicturesPerSecond;
        foreach (var (number, time) in _seen.Pictures)
            Assert.Equal((number / (double)PicturesPerSecond) + (number >= first && number < 14 * PicturesPerSecond ? step : 0), time, 0.05);
    }

    [Fact]
    public void FirstPicturesThatAreLate_AreDatedByThoseThatAreNot()
    {
        Play(6, heldUpAt: [(0, 2.2)]);

        Assert.Equal([RunReason.Connected], _seen.Runs);
        Assert.All(_seen.Pictures, p => Assert.Equal(p.Number / (double)PicturesPerSecond, p.Time, 0.01));
    }

    [Fact]
    public void FirstPictures_AreHeldBackOneSecondAtMost()
    {
        // Twice as fast as they were taken, for ever: the least delay never settles.
        for (var i = 0; _seen.Pictures.Count == 0; i++)
        {
            Assert.True(i < 30, "held back for more than a second");
            _timeline.Now = At(0.04 * i);
            Picture(i * 2, 0);
        }
    }

    private ArrivalTime At(double seconds) => new(Wall0 + (seconds >= _steppedAt && seconds < 13.4 ? _step : 0) + (long)(seconds * Second), (long)(seconds * Second));

    /// <summary>Pictures with a keyframe each second and sound at 50 packets a second, read every 40 ms except while the box is held up.</summary>
    private void Play(int seconds, double jumpAt = double.MaxValue, double jump = 0, (double At, double For)[]? heldUpAt = null, Func<double, double>? reports = null)
    {
        var (picture, sound) = (0, 0);
        for (var tick = 0; picture < seconds * PicturesPerSecond; tick++)
        {
            var now = tick * 0.04;
            if (heldUpAt is not null && heldUpAt.Any(h => now >= h.At && now < h.At + h.For)) continue;
            _timeline.Now = At(now);
            for (; picture <= tick && picture < seconds * PicturesPerSecond; picture++)
            {
                var taken = picture / (double)PicturesPerSecond;
                Picture(picture, taken >= jumpAt ? jump : 0);
                for (; sound / 50.0 <= taken; sound++) Sound(sound, taken >= jumpAt ? jump : 0);
            }

            _timeline.SettleIfDue();
            if (reports is null) continue;
            if (tick % 25 == 3) Report(TrackKind.Video, now, (uint)(now * 90_000), reports(now));
            if (tick % 25 == 15) Report(TrackKind.Audio, now, (uint)(now * 8000), reports(now));
        }

        _timeline.Settle();
    }

    private void Picture(int number, double jump) => Send(TrackKind.Video, number, (uint)((number * 90_000L / PicturesPerSecond) + (long)(jump * 90_000)), number % PicturesPerSecond == 0);

    private void Sound(int number, double jump) => Send(TrackKind.Audio, number, (uint)((number * 160) + (long)(jump * 8000)), true);

    private void Send(TrackKind track, int number, uint timestamp, bool key)
    {
        // The length carries the number, as nothing else does through the time rule.
        _timeline.OnUnit(new TrackUnit(track, timestamp, key, _block, 0, number + 1));
    }

    private void Report(TrackKind track, double now, uint timestamp, double ahead)
    {
        var camera = (decimal)(Wall0 / Second) + (decimal)now + (decimal)ahead + 2_208_988_800M;
        _timeline.OnReport(new SenderReport(1, (ulong)(camera * 4_294_967_296M), timestamp), track);
    }

    private sealed class Times : IStreamSubscriber
    {
        public List<RunReason> Runs { get; } = [];

        public List<(int Number, double Time)> Pictures { get; } = [];

        public List<(int Number, double Time)> Sounds { get; } = [];

        public void OnRun(StreamRun run) => Runs.Add(run.Reason);

        public void OnFormat(StreamFormat format)
        {
        }

        public void OnAccessUnit(in AccessUnit unit) =>
            (unit.Track == TrackKind.Video ? Pictures : Sounds).Add((unit.Length - 1, (unit.Time - Instant.FromUnixTimeTicks(Wall0 / 100)).TotalSeconds));

        public void OnDamage(int packetsLost)
        {
        }

        public void OnLost(StreamLoss loss, string cause)
        {
        }

        public void OnCameraOffset(Duration offset)
        {
        }
    }
}
