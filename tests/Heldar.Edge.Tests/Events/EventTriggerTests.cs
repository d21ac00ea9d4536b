using Heldar.Edge.Cameras;
using Heldar.Edge.Events;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Events;

/// <summary>The seam that zones and camera events call, on a whole box with a clock that tests move.</summary>
public sealed class EventTriggerTests : IAsyncLifetime
{
    private const string Yaml = """
        cameras:
          - { id: yard, url: 'rtsp://10.0.0.3/', mode: event, preRollSeconds: 10, postRollSeconds: 20 }
          - { id: hall, url: 'rtsp://10.0.0.4/', mode: continuous }
          - { id: roof, url: 'rtsp://10.0.0.5/', mode: scheduled_event }
          - { id: shed, url: 'rtsp://10.0.0.6/', mode: event, enabled: false }
        """;

    private BoxFixture _box = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IEventTrigger Trigger => _box.App.Services.GetRequiredService<IEventTrigger>();

    private Instant Now => _box.Clock.Now;

    private FakePipeline Yard => _box.Pipelines.Running.Single(p => p.Identity.Slug == "yard");

    [Fact]
    public async Task Zone_StartsARecording_WithItsPreRoll_AndMoreOfItMakesItLonger()
    {
        Assert.Empty(Yard.Wishes);
        var first = await AskAsync("yard", "zone:driveway", Now);
        Assert.Equal((TriggerResult.Recording, Now, Now + Duration.FromSeconds(20)), (first.Result, first.From!.Value, first.Until!.Value));
        Assert.Equal([(true, Now - Duration.FromSeconds(10)), (false, Now + Duration.FromSeconds(20))], Yard.Wishes);
        var wish = Assert.Single(_box.App.Services.GetRequiredService<WishBook>().Between(_box.Cameras.Find("yard")!, Now, Now + Duration.FromSeconds(1)));
        Assert.Equal((WishReason.Event, "zone:driveway"), (wish.Reason, wish.Detail));

        _box.Clock.Advance(Duration.FromSeconds(5));
        var second = await AskAsync("yard", "zone:door", Now);
        Assert.Equal((first.From, Now + Duration.FromSeconds(20)), (second.From, second.Until!.Value));
        Assert.Equal([(true, first.From!.Value - Duration.FromSeconds(10)), (false, Now + Duration.FromSeconds(20))], Yard.Wishes.Skip(2));
    }

    /// <summary>Whoever looks at pictures elsewhere says which zone, and when the picture was taken.</summary>
    [Fact]
    public async Task Zone_ComesThroughTheApi_WithItsTime()
    {
        var at = Now - Duration.FromSeconds(4);
        var answer = await _box.JsonAsync("POST", "/api/v1/cameras/yard/record-trigger", new { zone = "driveway", at = Heldar.Contracts.InstantText.Format(at) });
        Assert.Equal((true, "event"), (answer.GetProperty("recording").GetBoolean(), answer.GetProperty("reason").GetString()));
        var wish = Assert.Single(_box.App.Services.GetRequiredService<WishBook>().Between(_box.Cameras.Find("yard")!, Now, Now + Duration.FromSeconds(1)));
        Assert.Equal((WishReason.Event, "zone:driveway", at, Now + Duration.FromSeconds(20)), (wish.Reason, wish.Detail, wish.From, wish.To));

        Assert.False((await _box.JsonAsync("POST", "/api/v1/cameras/hall/record-trigger", new { zone = "driveway" })).GetProperty("recording").GetBoolean());
    }

    [Theory]
    [InlineData("""{"zone":""}""", "zone has 1 to 90")]
    [InlineData("""{"zone":"a","event":"b"}""", "either event or zone")]
    [InlineData("""{"zone":"a","post_roll_seconds":5}""", "post_roll_seconds is for operators")]
    [InlineData("""{"at":"2026-11-21T04:37:00Z"}""", "at is for events")]
    [InlineData("""{"zone":"a","at":"yesterday"}""", "not the JSON")]
    public async Task ZoneThatIsNone_IsRefused(string body, string problem)
    {
        var (status, text) = await _box.SendAsync("POST", "/api/v1/cameras/yard/record-trigger", body);
        Assert.Equal(400, status);
        Assert.Contains(problem, text, StringComparison.Ordinal);
        Assert.Empty(Yard.Wishes);
    }

    /// <summary>Detectors are late: what they saw is recorded from when it happened, as far as the memory of pictures reaches.</summary>
    [Fact]
    public async Task LateEvent_BeginsWhenItHappened()
    {
        var at = Now - Duration.FromSeconds(4);
        var answer = await AskAsync("yard", "zone:driveway", at);
        Assert.Equal((TriggerResult.Recording, at, Now + Duration.FromSeconds(20)), (answer.Result, answer.From!.Value, answer.Until!.Value));
        Assert.Equal((true, at - Duration.FromSeconds(10)), Yard.Wishes[0]);
    }

    /// <summary>A detector with a wrong clock neither reaches back for ever nor into the future.</summary>
    [Theory]
    [InlineData(-3600, -60)]
    [InlineData(3600, 0)]
    public async Task EventOfAnotherTime_IsTakenAsNearAsItMayBe(int seconds, int expected)
    {
        var answer = await AskAsync("yard", "zone:driveway", Now + Duration.FromSeconds(seconds));
        Assert.Equal((Now + Duration.FromSeconds(expected), Now + Duration.FromSeconds(20)), (answer.From!.Value, answer.Until!.Value));
    }

    [Theory]
    [InlineData("hall", "NotArmed")] // records anyway
    [InlineData("roof", "NotArmed")] // no schedule is on
    [InlineData("shed", "Disabled")]
    [InlineData(null, "NotFound")]
    public async Task CameraThatTakesNoEvents_SaysWhy_AndNothingChanges(string? camera, string expected)
    {
        var before = _box.Pipelines.Running.Sum(p => p.Wishes.Count);
        Assert.Equal(new TriggerAnswer(Enum.Parse<TriggerResult>(expected)), await Trigger.TriggerAsync(camera is null ? Guid.CreateVersion7() : _box.Cameras.Find(camera)!.Uid, "zone:driveway", Now, Cancellation));
        Assert.Equal(before, _box.Pipelines.Running.Sum(p => p.Wishes.Count));
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync(Yaml);
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Streaming, Since = _box.Clock.Now - Duration.FromMinutes(1) };
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private Task<TriggerAnswer> AskAsync(string camera, string source, Instant at) => Trigger.TriggerAsync(_box.Cameras.Find(camera)!.Uid, source, at, Cancellation);
}
