using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Health;
using Heldar.Edge.Recorder;
using Heldar.Edge.Secrets;
using Heldar.Media.Ingest;
using NodaTime;

namespace Heldar.Edge.Tests.Health;

public sealed class CameraConditionsTests
{
    private static readonly WishNow Always = new([new Wish(Instant.MinValue, Instant.MaxValue, WishReason.Continuous)], null, null, false);
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 21, 4, 37);

    [Theory]
    [InlineData(StreamState.Connecting, CameraCondition.Connecting)]
    [InlineData(StreamState.Stalled, CameraCondition.Stalled)]
    [InlineData(StreamState.Offline, CameraCondition.Offline)]
    [InlineData(StreamState.AuthFailed, CameraCondition.AuthFailed)]
    public void StreamThatDoesNotFlow_GivesItsOwnCondition(StreamState state, CameraCondition expected)
    {
        var (condition, cause) = CameraConditions.Judge(Stream(state, 100), RecorderProgress.Empty, Always, Now);
        Assert.Equal((expected, "why"), (condition, cause));
    }

    [Fact]
    public void NothingWanted_IsIdle_NotOffline_ButFailuresShow()
    {
        Assert.Equal((CameraCondition.Idle, null), CameraConditions.Judge(Stream(StreamState.Streaming, 300), Through(100), WishNow.Nothing, Now));
        Assert.Equal(CameraCondition.Offline, CameraConditions.Judge(Stream(StreamState.Offline, 300), Through(100), WishNow.Nothing, Now).Condition);
        Assert.Equal((CameraCondition.Idle, CameraConditions.NeverWanted), CameraConditions.Judge(Stream(StreamState.Streaming, 300), Through(100), WishNow.Nothing with { Never = true }, Now));
        var since = new WishNow([new Wish(Now - Duration.FromSeconds(3), Instant.MaxValue, WishReason.Schedule)], null, null, false);
        Assert.Equal(CameraCondition.Idle, CameraConditions.Judge(Stream(StreamState.Streaming, 300), Through(100), since, Now).Condition);
    }

    [Fact]
    public void Streaming_IsNotRecording_UntilFragmentsReachTheDisk()
    {
        Assert.Equal(CameraCondition.Connecting, CameraConditions.Judge(Stream(StreamState.Streaming, 3), RecorderProgress.Empty, Always, Now).Condition);
        Assert.Equal(CameraCondition.Recording, CameraConditions.Judge(Stream(StreamState.Streaming, 3), Through(1), Always, Now).Condition);
        Assert.Equal(CameraCondition.Recording, CameraConditions.Judge(Stream(StreamState.Streaming, 300), Through(9), Always, Now).Condition);
        var (condition, cause) = CameraConditions.Judge(Stream(StreamState.Streaming, 300), Through(11) with { LastError = "disk full" }, Always, Now);
        Assert.Equal((CameraCondition.Error, "disk full"), (condition, cause));
    }

    [Fact]
    public void Watch_TellsEachChangeOnce_AndKeepsItsBeginning()
    {
        var watch = new CameraWatch();
        var camera = Observed(CameraCondition.Connecting, null, "Gate");
        Assert.Single(watch.Update([camera], Now));
        Assert.Empty(watch.Update([camera], Now + Duration.FromSeconds(1)));

        var renamed = camera with { Config = camera.Config with { Name = "Yard" } };
        Assert.Single(watch.Update([renamed], Now + Duration.FromSeconds(2)));
        Assert.Equal(Now, watch.Find(camera.Config.Uid)!.Since);

        Assert.Single(watch.Update([renamed with { Condition = CameraCondition.Recording }], Now + Duration.FromSeconds(3)));
        Assert.Equal(Now + Duration.FromSeconds(3), watch.Find(camera.Config.Uid)!.Since);
        Assert.Empty(watch.Update([], Now + Duration.FromSeconds(4)));
        Assert.Null(watch.Find(camera.Config.Uid));
    }

    [Fact]
    public void Config_NeedsARestart_ForEverythingButNames()
    {
        var config = Observed(CameraCondition.Recording, null, "Gate").Config;
        Assert.False(config.NeedsSession(config with { Name = "Yard", Owner = CameraOwner.Yaml }));
        Assert.True(config.NeedsSession(config with { Audio = true }));
        Assert.False(config.NeedsSession(config with { Enabled = false }));
        Assert.False(config.NeedsSession(config with { SegmentSeconds = 5 }));
        Assert.True(config.NeedsSession(config with { SealedPassword = Secret.Mask }));
    }

    private static StreamStatus Stream(StreamState state, int seconds) => new() { State = state, Cause = "why", Since = Now - Duration.FromSeconds(seconds) };

    private static RecorderProgress Through(int secondsAgo) => new() { RecordedThrough = Now - Duration.FromSeconds(secondsAgo) };

    private static CameraObserved Observed(CameraCondition condition, string? cause, string name) => new(
        new CameraConfig(Guid.Parse("01938e20-0000-7000-8000-0000000000aa"), "gate", name, "rtsp://h/", null, null, false, false, true, null, CameraOwner.Api, Now),
        condition, cause, null, null);
}
