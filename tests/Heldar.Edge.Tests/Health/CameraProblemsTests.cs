using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Health;
using Heldar.Edge.PreRoll;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Health;

public sealed class CameraProblemsTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 21, 8, 0);
    private static readonly VideoFormat Video = new(MediaCodec.H264, [[103, 1], [104, 1]], 640, 360, "avc1.64001e");
    private static readonly CameraConfig Config = new(Guid.NewGuid(), "gate", "Gate", "rtsp://10.0.0.1/", null, null, true, false, true, null, CameraOwner.Yaml, Start);
    private readonly CameraProblems _problems = new(NullLogger<CameraProblems>.Instance);

    [Fact]
    public void SoundThatStops_IsSeen_AndItsReturn()
    {
        Look(Start + Duration.FromSeconds(60), heard: Start + Duration.FromSeconds(59));
        Assert.Empty(_problems.Find(Config.Uid));

        Look(Start + Duration.FromSeconds(70), heard: Start + Duration.FromSeconds(59));
        Assert.Equal(["audio_lost"], _problems.Find(Config.Uid));

        Look(Start + Duration.FromSeconds(71), heard: Start + Duration.FromSeconds(71));
        Assert.Empty(_problems.Find(Config.Uid));
    }

    [Fact]
    public void SoundThatNeverComes_IsSeen()
    {
        Look(Start + Duration.FromSeconds(9), heard: null);
        Assert.Empty(_problems.Find(Config.Uid));
        Look(Start + Duration.FromSeconds(11), heard: null);
        Assert.Equal(["audio_lost"], _problems.Find(Config.Uid));
    }

    [Fact]
    public void PreRollThatIsShort_IsTold()
    {
        Look(Start, heard: null, new PreRollProgress(Duration.FromSeconds(10), Duration.FromSeconds(4), 1, 0, IsShort: true));
        Assert.Equal(["pre_roll_short"], _problems.Find(Config.Uid));
        Look(Start, heard: null, new PreRollProgress(Duration.FromSeconds(10), Duration.FromSeconds(4), 1, 0, IsShort: false));
        Assert.Empty(_problems.Find(Config.Uid));
    }

    [Fact]
    public void FewPictures_AreTold_UntilTheyAreBack_OrTheCameraIsSetUpAnew()
    {
        var now = Start;
        void LookFor(int seconds, double fps, VideoFormat? video = null)
        {
            for (var end = now + Duration.FromSeconds(seconds); now < end; now += Duration.FromSeconds(1)) Look(now, heard: now, change: s => s with { Fps = fps, Format = s.Format! with { Video = video ?? Video } });
        }

        LookFor(60, 25);
        LookFor(19, 10);
        Assert.Empty(_problems.Find(Config.Uid));
        LookFor(3, 10);
        Assert.Equal(["low_fps"], _problems.Find(Config.Uid));
        LookFor(2, 25);
        Assert.Empty(_problems.Find(Config.Uid));

        // Somebody asks the camera for 10 pictures a second: its parameter sets say so.
        LookFor(120, 10, Video with { ParameterSets = [[103, 2], [104, 1]] });
        Assert.Empty(_problems.Find(Config.Uid));
    }

    [Theory]
    [InlineData(-6, true)]
    [InlineData(-4, false)]
    [InlineData(4, false)]
    [InlineData(6, true)]
    public void ClockOfTheCamera_FarOff_IsTold(int seconds, bool told)
    {
        Look(Start, heard: Start, change: s => s with { CameraOffset = Duration.FromSeconds(seconds) });
        Assert.Equal(told, _problems.Find(Config.Uid).Contains("clock_offset"));
    }

    [Fact]
    public void CameraWithoutSound_ThoughItWasWanted_IsTold()
    {
        Look(Start, heard: null, change: s => s with { Format = new StreamFormat(Video, null) });
        Assert.Equal(["no_audio"], _problems.Find(Config.Uid));
    }

    [Fact]
    public void PictureFaults_EndWithThePictures()
    {
        Look(Start, heard: Start);
        for (var i = 0; i < 3; i++) _problems.See(Config, new byte[PictureJudge.Width * PictureJudge.Height], Start + Duration.FromSeconds(30 * i));
        Assert.Contains("black", _problems.Find(Config.Uid));

        Look(Start + Duration.FromSeconds(61), heard: Start, change: s => s with { State = StreamState.Offline });
        Assert.Empty(_problems.Find(Config.Uid));
    }

    private void Look(Instant now, Instant? heard, PreRollProgress? preRoll = null, Func<StreamStatus, StreamStatus>? change = null)
    {
        var stream = new StreamStatus
        {
            State = StreamState.Streaming,
            Since = Start,
            Format = new StreamFormat(Video, new AudioFormat(MediaCodec.G711A, 8000, 1, [])),
            LastAudioAt = heard,
            LastMediaAt = now,
        };
        _problems.Look([new CameraObserved(Config, CameraCondition.Recording, null, change is null ? stream : change(stream), null) { PreRoll = preRoll }], now);
    }
}
