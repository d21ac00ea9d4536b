using System.Text.Json;
using Heldar.Edge.CameraEvents;
using Heldar.Edge.Cameras;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Heldar.Media.Tests;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.CameraEvents;

/// <summary>A whole box with a clock that tests move, and a camera that speaks ONVIF: from subscribing to giving the subscription back.</summary>
public sealed class OnvifEventsLifeTests : IAsyncLifetime
{
    private const string Motion = "tns1:RuleEngine/CellMotionDetector/Motion";
    private const string Rule = "VideoSourceConfigurationToken=V1,VideoAnalyticsConfigurationToken=A1,Rule=MyMotion";
    private readonly ManualClock _clock = new();
    private FakeOnvifDevice _device = null!;
    private BoxFixture? _box;

    private Instant Now => _clock.Now;

    [Theory]
    [InlineData("UsernameToken")]
    [InlineData("HttpDigest")]
    public async Task Motion_StartsTheRecording_WhenItHappened_AndItsEndBeginsThePostRoll(string proof)
    {
        _device.Gate.Proof = Enum.Parse<FakeOnvifProof>(proof);
        // A camera whose clock is wrong: it refuses proofs that are not of its own time, and dates its events by it.
        _device.Ahead = Duration.FromHours(-26);
        await StartAsync();
        await UntilAsync("subscribed");

        _device.Emit(FakeOnvifDevice.Message(Motion, "Changed", Rule, "IsMotion=true"), Duration.FromSeconds(3));
        var began = Now;
        var wish = await WishAsync(w => w.Detail == "camera:RuleEngine/CellMotionDetector/Motion");
        Assert.Equal((WishReason.Event, began - Duration.FromSeconds(3), began + Duration.FromSeconds(2)), (wish.Reason, wish.From, wish.To));

        // It goes on: no more messages come, and the recording does not end.
        for (var i = 0; i < 4; i++)
        {
            _clock.Advance(Duration.FromSeconds(1));
            await WishAsync(w => w.From == wish.From && w.To == Now + Duration.FromSeconds(2));
        }

        _device.Emit(FakeOnvifDevice.Message(Motion, "Changed", Rule, "IsMotion=false"));
        await UntilAsync("subscribed", e => e.GetProperty("triggered").GetInt64() == 2);
        var ended = Now;
        _clock.Advance(Duration.FromSeconds(1));
        await Eventually.TrueAsync(() => _device.Count("PullMessages") > 4, "pulls go on");
        Assert.Equal(ended + Duration.FromSeconds(2), Assert.Single(Wishes()).To);
        Assert.Equal(0, _device.Gate.Proof == FakeOnvifProof.UsernameToken ? _device.Gate.Refused : 0);
        Assert.InRange(_device.Gate.Doubled, 0, 1);
    }

    [Fact]
    public async Task WhatHoldsAlready_GoesOnFromNow_AndWhatDoesNot_SaysNothing()
    {
        _device.Properties.Enqueue(FakeOnvifDevice.Property("tns1:VideoSource/MotionAlarm", "Initialized", "Source=V1", "State=true"));
        _device.Properties.Enqueue(FakeOnvifDevice.Property(Motion, "Initialized", Rule, "IsMotion=false"));
        _device.Properties.Enqueue(FakeOnvifDevice.Property("tns1:Device/Trigger/DigitalInput", "Initialized", "InputToken=1", "LogicalState=true"));
        await StartAsync();

        var state = await UntilAsync("subscribed", e => e.GetProperty("received").GetInt64() == 3);
        Assert.Equal((1, "camera:VideoSource/MotionAlarm"), (state.GetProperty("triggered").GetInt32(), state.GetProperty("goes_on").GetString()));
        Assert.Equal(["tns1:Device/Trigger/DigitalInput", Motion, "tns1:VideoSource/MotionAlarm"], state.GetProperty("topics").EnumerateArray().Select(t => t.GetString()));
        // The camera says since five minutes; the box says since it knows.
        Assert.Equal(Now, Assert.Single(Wishes()).From);
    }

    [Fact]
    public async Task FalseFromTheBegin_RecordsNothing()
    {
        _device.Properties.Enqueue(FakeOnvifDevice.Property(Motion, "Initialized", Rule, "IsMotion=false"));
        await StartAsync();
        await UntilAsync("subscribed", e => e.GetProperty("received").GetInt64() == 1);
        Assert.Empty(Wishes());
    }

    [Fact]
    public async Task ZoneOfTheCamera_IsToldByItsRule_AndOnlyNamedOnesCount()
    {
        await StartAsync(", zones: [Driveway]");
        await UntilAsync("subscribed");
        _device.Emit(FakeOnvifDevice.Message("tns1:RuleEngine/LineDetector/Crossed", null, "VideoSourceConfigurationToken=V1,Rule=Street", "ObjectId=7"));
        _device.Emit(FakeOnvifDevice.Message("tns1:RuleEngine/LineDetector/Crossed", null, "VideoSourceConfigurationToken=V1,Rule=Driveway", "ObjectId=1"));
        Assert.Equal("zone:Driveway", (await WishAsync(_ => true)).Detail);
        var state = await UntilAsync("subscribed", e => e.GetProperty("received").GetInt64() == 2);
        Assert.Equal(1, state.GetProperty("triggered").GetInt32());
        Assert.Single(Wishes());
    }

    [Fact]
    public async Task Subscription_IsRenewedAtHalfOfWhatIsGranted()
    {
        _device.Granted = Duration.FromSeconds(40);
        await StartAsync();
        await UntilAsync("subscribed");
        await Eventually.TrueAsync(() => _device.Count("PullMessages") > 2, "pulls go on");
        Assert.Equal(0, _device.Count("Renew"));
        _clock.Advance(Duration.FromSeconds(20));
        await Eventually.TrueAsync(() => _device.Count("Renew") == 1, "it renews");
        Assert.Equal(1, _device.Count("CreatePullPointSubscription"));
    }

    [Fact]
    public async Task Reboot_MakesANewSubscription_AndEventsComeAgain()
    {
        await StartAsync();
        await UntilAsync("subscribed");
        _device.Reboot();
        await Eventually.TrueAsync(() => _device is { Open: 1 } && _device.Count("CreatePullPointSubscription") > 1, "it subscribes again");
        await UntilAsync("subscribed");
        _device.Emit(FakeOnvifDevice.Message(Motion, "Changed", Rule, "IsMotion=true"));
        Assert.Equal("camera:RuleEngine/CellMotionDetector/Motion", (await WishAsync(_ => true)).Detail);
    }

    [Theory]
    [InlineData("UsernameToken")]
    [InlineData("HttpDigest")]
    public async Task WrongPassword_BecomesACause_WithoutThePassword_AndTheRightOneWorks(string proof)
    {
        _device.Gate.Proof = Enum.Parse<FakeOnvifProof>(proof);
        _device.Gate.Password = "changed";
        await StartAsync();
        var failed = await UntilAsync("failed");
        Assert.Equal("the camera refuses user name or password for ONVIF", failed.GetProperty("cause").GetString());
        var (_, health) = await _box!.SendAsync("GET", "/health");
        Assert.Contains("camera gate: its events do not come, nothing triggers its recording: the camera refuses user name or password for ONVIF", health, StringComparison.Ordinal);
        Assert.DoesNotContain("camera-secret", health, StringComparison.Ordinal);
        await UntilProblemAsync("events_lost", true);
        Assert.Equal(0, _device.Open);

        _device.Gate.Password = "camera-secret";
        await UntilAsync("subscribed");
        await UntilProblemAsync("events_lost", false);
    }

    /// <summary>Proofs are dated: a clock that is corrected makes the camera refuse them, until the box has read its clock again.</summary>
    [Fact]
    public async Task ClockOfTheCameraThatIsCorrected_CostsOneSession_AndNoWaitOfARefusedPassword()
    {
        await StartAsync(options: o => o with { RefusedWait = TimeSpan.FromDays(1) });
        await UntilAsync("subscribed");
        _device.Ahead = Duration.FromHours(3);
        await Eventually.TrueAsync(() => _device.Count("CreatePullPointSubscription") == 2, "it subscribes again");
        await UntilAsync("subscribed");
        _device.Emit(FakeOnvifDevice.Message(Motion, "Changed", Rule, "IsMotion=true"));
        Assert.Equal("camera:RuleEngine/CellMotionDetector/Motion", (await WishAsync(_ => true)).Detail);
    }

    /// <summary>Accounts are locked that are tried too often: what is refused again counts, however well the session before began.</summary>
    [Fact]
    public async Task PasswordThatIsChangedWhileEventsCome_IsTriedOnceMore_AndThenWaits()
    {
        await StartAsync(options: o => o with { RefusedWait = TimeSpan.FromDays(1) });
        await UntilAsync("subscribed");
        _device.Gate.Password = "changed";
        await UntilAsync("failed");
        await Eventually.TrueAsync(() => _device.Count("GetSystemDateAndTime") == 2, "it asks once more");
        // With the ordinary wait it would have asked some more times meanwhile.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 10; i++) await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, _device.Count("GetSystemDateAndTime"));
    }

    /// <summary>Nothing is wrong with such a camera: its subscription is made anew at its end, without a word.</summary>
    [Fact]
    public async Task CameraThatDoesNotRenew_IsSubscribedAnewAtOnce_AndNeverFails()
    {
        _device.RenewsNothing = true;
        await StartAsync(options: o => o with { FirstWait = TimeSpan.FromDays(1), LongestWait = TimeSpan.FromDays(1), ShortestSession = TimeSpan.Zero });
        await UntilAsync("subscribed");
        var since = (await UntilAsync("subscribed")).GetProperty("since").GetString();
        for (var i = 2; i < 5; i++)
        {
            _clock.Advance(Duration.FromMinutes(1));
            await Eventually.TrueAsync(() => _device is { Open: 1 } && _device.Count("CreatePullPointSubscription") == i, "it subscribes anew");
            // Only then it has read the clock for when to renew.
            var pulls = _device.Count("PullMessages");
            await Eventually.TrueAsync(() => _device.Count("PullMessages") > pulls, "it pulls");
        }

        Assert.Equal(since, (await UntilAsync("subscribed")).GetProperty("since").GetString());
        Assert.Equal((3, 3), (_device.Count("Renew"), _device.Count("Unsubscribe")));
    }

    /// <summary>A camera that grants next to nothing and renews nothing is not asked all the time.</summary>
    [Fact]
    public async Task CameraThatDoesNotRenew_IsWaitedFor_WhenItsSubscriptionWasShort()
    {
        _device.RenewsNothing = true;
        await StartAsync(options: o => o with { FirstWait = TimeSpan.FromDays(1), LongestWait = TimeSpan.FromDays(1) });
        await UntilAsync("subscribed");
        _clock.Advance(Duration.FromMinutes(1));
        await Eventually.TrueAsync(() => _device is { Open: 0 } && _device.Count("Unsubscribe") == 1, "it gives the subscription back");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 10; i++) await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, _device.Count("CreatePullPointSubscription"));
    }

    [Fact]
    public async Task Stop_GivesTheSubscriptionBack()
    {
        await StartAsync();
        await UntilAsync("subscribed");
        Assert.Equal(1, _device.Open);
        await _box!.DisposeAsync();
        _box = null;
        Assert.Equal(("Unsubscribe", 0), (_device.Calls.Last(), _device.Open));
    }

    [Fact]
    public async Task ModeThatTakesNoEvents_AsksNothingOfTheCamera_UntilItDoes()
    {
        await StartAsync(mode: "continuous");
        var seen = await _box!.JsonAsync("GET", "/api/v1/cameras/gate/camera-events");
        Assert.Equal((false, 0), (seen.TryGetProperty("state", out var state) && state.ValueKind != JsonValueKind.Null, _device.Calls.Count));
        await _box.Cameras.ApplyYamlAsync(Heldar.Edge.Settings.SettingsReader.Read("/etc/heldar/heldar.yaml", Yaml("event", ""), _ => null).Cameras, 30, TestContext.Current.CancellationToken);
        await UntilAsync("subscribed");
        await _box.Cameras.ApplyYamlAsync(Heldar.Edge.Settings.SettingsReader.Read("/etc/heldar/heldar.yaml", Yaml("continuous", ""), _ => null).Cameras, 30, TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => _device.Open == 0, "it gives the subscription back");
    }

    [Fact]
    public async Task AddressesElsewhere_StayAtTheCamera()
    {
        // Nothing listens there; a box that went would fail.
        _device.NamedAuthority = "192.0.2.1:81";
        await StartAsync();
        await UntilAsync("subscribed");
    }

    [Fact]
    public async Task OldCamera_ThatHoldsBackShortly_IsTakenAsItIs()
    {
        _device.IsOld = true;
        _device.MaxPullSeconds = 1;
        await StartAsync();
        await UntilAsync("subscribed");
        await Eventually.TrueAsync(() => _device.Count("PullMessages") > 3, "pulls go on");
        Assert.Equal((1, 1), (_device.Count("CreatePullPointSubscription"), _device.Count("GetCapabilities")));
    }

    public async ValueTask InitializeAsync() => _device = await FakeOnvifDevice.StartAsync(_clock);

    public async ValueTask DisposeAsync()
    {
        if (_box is not null) await _box.DisposeAsync();
        await _device.DisposeAsync();
    }

    private string Yaml(string mode, string more) =>
        $"cameras: [{{ id: gate, url: 'rtsp://127.0.0.1:9/', mode: {mode}, postRollSeconds: 2, events: {{ address: '{_device.Address}', username: onvif, password: camera-secret{more} }} }}]\n";

    private async Task StartAsync(string more = "", string mode = "event", Func<CameraEventOptions, CameraEventOptions>? options = null)
    {
        var quick = new CameraEventOptions
        {
            ReviewPeriod = TimeSpan.FromMilliseconds(20),
            PullTimeout = TimeSpan.FromSeconds(2),
            EmptyPause = TimeSpan.FromMilliseconds(20),
            FullPause = TimeSpan.FromMilliseconds(10),
            FirstWait = TimeSpan.FromMilliseconds(20),
            RefusedWait = TimeSpan.FromMilliseconds(50),
        };
        _box = await BoxFixture.StartAsync(Yaml(mode, more), _clock, s => s.AddSingleton(options?.Invoke(quick) ?? quick));
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Streaming, Since = Now - Duration.FromMinutes(1) };
    }

    private IReadOnlyList<Wish> Wishes() =>
        _box!.App.Services.GetRequiredService<WishBook>().Between(_box.Cameras.Find("gate")!, Now - Duration.FromMinutes(10), Now + Duration.FromMinutes(10));

    private async Task<Wish> WishAsync(Func<Wish, bool> wanted)
    {
        await Eventually.TrueAsync(() => Wishes().Any(wanted), "a recording is wanted");
        return Wishes().First(wanted);
    }

    private async Task<JsonElement> UntilAsync(string state, Func<JsonElement, bool>? more = null)
    {
        JsonElement seen = default;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var i = 0; i < 1000 && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken); i++)
        {
            seen = await _box!.JsonAsync("GET", "/api/v1/cameras/gate/camera-events");
            if (seen.TryGetProperty("state", out var now) && now.GetString() == state && (more is null || more(seen))) return seen;
        }

        throw new TimeoutException($"its events stay {seen}; asked: {string.Join(' ', _device.Calls)}; not modelled: {string.Join(' ', _device.Unmodelled)}");
    }

    private Task<JsonElement> ProblemsAsync() => _box!.JsonAsync("GET", "/api/v1/cameras/gate/health");

    private async Task UntilProblemAsync(string problem, bool there)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 400 && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken); i++)
            if ((await ProblemsAsync()).GetProperty("problems").EnumerateArray().Any(p => p.GetString() == problem) == there) return;
        throw new TimeoutException($"{problem} stays {!there}");
    }
}
