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

    private void Look(Instant now, Instant? heard, PreRollProgress? preRoll = null)
    {
        var stream = new StreamStatus
        {
            State = StreamState.Streaming,
            Since = Start,
            Format = new StreamFormat(Video, new AudioFormat(MediaCodec.G711A, 8000, 1, [])),
            LastAudioAt = heard,
            LastMediaAt = now,
        };
        _problems.Look([new CameraObserved(Config, CameraCondition.Recording, null, stream, null) { PreRoll = preRoll }], now);
    }
}
