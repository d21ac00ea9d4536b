using Heldar.Edge.CameraEvents;
using Heldar.Edge.Settings;
using Heldar.Edge.Tests.Api;

namespace Heldar.Edge.Tests.CameraEvents;

public sealed class CameraEventSettingsTests
{
    [Fact]
    public void Section_IsRead()
    {
        var settings = Read("events: { address: 'https://10.0.0.1:8443/onvif/device_service', topics: ['tns1:RuleEngine//.', 'tns1:Device/Trigger/DigitalInput'], zones: [Driveway], username: o, password: '${PW}' }");
        Assert.Equal(("https://10.0.0.1:8443/onvif/device_service", "o", "p$w"), (settings!.Address, settings.Username, settings.Password!.Reveal()));
        Assert.Equal(["tns1:RuleEngine//.", "tns1:Device/Trigger/DigitalInput"], settings.Topics);
        Assert.Equal(["Driveway"], settings.Zones);

        var again = CameraEventSettings.Parse(settings.ToText());
        Assert.Equal(settings.ToText(), again.ToText());
        Assert.DoesNotContain("p$w", settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Section_ThatSaysNothing_TakesMotionZonesAndLines()
    {
        Assert.Equal(CameraEventSettings.DefaultTopics, Read("events: {}")!.Topics);
        Assert.Null(Read("events: { enabled: false }"));
        Assert.Null(Read("name: x"));
    }

    [Fact]
    public void AllMistakes_AreToldAtOnce()
    {
        var errors = Assert.Throws<SettingsException>(() => Read(
            """
            events: { enabled: perhaps, address: 'http://admin:hunter2@10.0.0.1/', topics: [Motion, 'tns1:A//B', 'tns1:', { a: b }, '${NONE}'], zones: ["a\u0007"], password: x, colour: red }
            """)).Errors;

        Assert.Equal(
            ["enabled", "address", "topics", "topics", "topics", "topics", "topics", "zones", "password", "colour"],
            errors.OrderBy(e => Array.IndexOf(["enabled", "address", "topics", "zones", "password", "colour"], e.Setting.Split('.')[^1])).Select(e => e.Setting.Split('.')[^1]));
        Assert.DoesNotContain(errors, e => e.Message.Contains("hunter2", StringComparison.Ordinal));
        Assert.All(errors, e => Assert.StartsWith("cameras[0].events.", e.Setting, StringComparison.Ordinal));
        Assert.Single(Assert.Throws<SettingsException>(() => Read("events: { topics: [] }")).Errors);
        Assert.Single(Assert.Throws<SettingsException>(() => Read($"events: {{ topics: [{string.Join(", ", Enumerable.Repeat("'tns1:A'", 33))}] }}")).Errors);
    }

    [Theory]
    [InlineData("http://10.0.0.8/onvif/pull?id=1", "http://10.0.0.8/onvif/pull?id=1")]
    [InlineData("http://10.0.0.8:8899/pull", "http://10.0.0.8:8899/pull")] // another port of the camera
    [InlineData("http://192.168.1.64/onvif/pull?id=1", "http://10.0.0.8:81/onvif/pull?id=1")] // it does not know its address
    [InlineData("http://169.254.169.254/latest/meta-data", "http://10.0.0.8:81/latest/meta-data")]
    [InlineData("https://10.0.0.8/onvif/pull", "http://10.0.0.8:81/onvif/pull")]
    [InlineData("http://u:p@10.0.0.8/onvif/pull", "http://10.0.0.8:81/onvif/pull")]
    [InlineData("/onvif/pull?id=2", "http://10.0.0.8:81/onvif/pull?id=2")]
    [InlineData("//192.0.2.1/onvif/pull", "http://10.0.0.8:81/onvif/pull")]
    public void AddressThatACameraNames_StaysAtItsHost(string named, string expected) =>
        Assert.Equal(expected, new EventSource(new Uri("http://10.0.0.8:81/onvif/device_service"), null, null, null).OnOwnHost(named).AbsoluteUri);

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://10.0.0.8/")]
    [InlineData("http://")]
    public void AddressThatIsNone_IsRefused(string named) => Assert.Equal(
        OnvifFailure.Malformed, Assert.Throws<OnvifException>(() => new EventSource(new Uri("http://10.0.0.8/onvif/device_service"), null, null, null).OnOwnHost(named)).Failure);

    [Theory]
    [InlineData("rtsp://10.0.0.8:554/live", "{}", "http://10.0.0.8/onvif/device_service", "admin")]
    [InlineData("rtsps://10.0.0.8/live", "{}", "https://10.0.0.8/onvif/device_service", "admin")]
    [InlineData("rtsps://10.0.0.8/live", "{ address: 'http://10.0.0.8/x' }", "http://10.0.0.8/x", null)] // what TLS protects
    [InlineData("rtsp://10.0.0.8/live", "{ address: 'http://10.0.0.9/x' }", "http://10.0.0.9/x", null)] // another host
    [InlineData("rtsp://10.0.0.8/live", "{ address: 'http://10.0.0.9/x', username: onvif, password: q }", "http://10.0.0.9/x", "onvif")]
    public async Task CredentialsOfACamera_GoToItsOwnHostOnly(string url, string events, string device, string? username)
    {
        await using var box = await BoxFixture.StartAsync($"cameras: [{{ id: gate, url: '{url}', username: admin, password: p, events: {events} }}]\n");
        var secrets = (Heldar.Edge.Cameras.CameraSecrets)box.App.Services.GetService(typeof(Heldar.Edge.Cameras.CameraSecrets))!;
        var camera = box.Cameras.Find("gate")!;
        var source = EventSource.Of(camera, secrets.Events(camera)!, secrets);
        Assert.Equal((device, username, username is not null), (source.Device.AbsoluteUri, source.Username, source.Password is not null));
    }

    [Fact]
    public async Task Api_TakesThem_ShowsThemWithoutSecrets_AndSameSettingsChangeNothing()
    {
        await using var box = await BoxFixture.StartAsync();
        await box.JsonAsync("POST", "/api/v1/cameras", new { id = "dock", main_stream_url = "rtsp://10.0.0.3/", events = new { address = "http://10.0.0.3:8000/onvif/device_service", topics = new[] { "tns1:VideoSource/MotionAlarm" }, username = "o", password = "hunter2" } }, 201);
        var before = box.Cameras.Find("dock")!;
        var shown = (await box.JsonAsync("GET", "/api/v1/cameras/dock")).GetProperty("events");
        Assert.Equal(("tns1:VideoSource/MotionAlarm", "o", true), (shown.GetProperty("topics")[0].GetString(), shown.GetProperty("username").GetString(), shown.GetProperty("has_password").GetBoolean()));
        Assert.DoesNotContain("hunter2", shown.GetRawText(), StringComparison.Ordinal);

        await box.JsonAsync("PATCH", "/api/v1/cameras/dock", new { name = "Dock", events = new { address = "http://10.0.0.3:8000/onvif/device_service", topics = new[] { "tns1:VideoSource/MotionAlarm" }, username = "o", password = "hunter2" } });
        Assert.Equal(before.SealedEvents, box.Cameras.Find("dock")!.SealedEvents);
        await box.JsonAsync("PATCH", "/api/v1/cameras/dock", new { name = "Other" });
        Assert.Equal(before.SealedEvents, box.Cameras.Find("dock")!.SealedEvents);

        var (status, body) = await box.SendAsync("PATCH", "/api/v1/cameras/dock", new { events = new { address = "ftp://u:hunter2@x/", topics = new[] { "Motion" }, zones = new[] { "" }, password = "x" } });
        Assert.Equal(400, status);
        foreach (var part in new[] { "events.address", "events.topics", "events.zones", "events.password" }) Assert.Contains(part, body, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", body, StringComparison.Ordinal);

        await box.JsonAsync("PATCH", "/api/v1/cameras/dock", new { events = new { enabled = false } });
        Assert.Null(box.Cameras.Find("dock")!.SealedEvents);
        Assert.Equal(404, (await box.SendAsync("GET", "/api/v1/cameras/none/camera-events")).Status);
    }

    private static CameraEventSettings? Read(string line) =>
        SettingsReader.Read("/etc/heldar/heldar.yaml", $"cameras:\n  - id: gate\n    url: rtsp://10.0.0.1/\n    {line}\n", name => name == "PW" ? "p$w" : null).Cameras[0].Events;
}
