using Heldar.Edge.Settings;

namespace Heldar.Edge.Tests.Settings;

public sealed class SettingsReaderTests
{
    [Fact]
    public void Read_FillsDefaults_WhenTheFileSaysLittle()
    {
        var settings = Read("cameras:\n  - { id: gate, url: 'rtsp://10.0.0.1/live' }\n");

        Assert.Equal("http://127.0.0.1:8011/", settings.Listen.AbsoluteUri);
        Assert.Equal("/etc/heldar/data", settings.DataFolder);
        Assert.Equal(["/etc/heldar/recordings"], settings.Recording.Volumes);
        Assert.Equal(30, settings.Recording.SegmentSeconds);
        Assert.Null(settings.Fleet);
        var camera = Assert.Single(settings.Cameras);
        Assert.Equal(("gate", "gate", "rtsp://10.0.0.1/live"), (camera.Id, camera.Name, camera.Url));
        Assert.True(camera.Enabled);
        Assert.False(camera.Audio);
    }

    [Fact]
    public void Read_ReadsEverySetting()
    {
        var settings = Read("""
            box: { name: Depot North, listen: "http://127.0.0.1:0", data: ./state, timeZone: Europe/Berlin }
            recording:
              volumes: [{ path: /srv/a }, { path: ./b }]
              segmentSeconds: 10
            fleet: { url: "http://127.0.0.1:5080", enrolmentToken: abc, profile: economy }
            cameras:
              - { id: cam00, name: Gate, url: "rtsps://camera/1", username: admin, password: "${CAM_PW}", audio: true, clock: camera, enabled: false, certificateSha256: "A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1" }
            """);

        Assert.Equal("Europe/Berlin", settings.TimeZone.Id);
        Assert.Equal(["/srv/a", "/etc/heldar/b"], settings.Recording.Volumes);
        Assert.Equal(UplinkProfile.Economy, settings.Fleet!.Profile);
        Assert.Equal("abc", settings.Fleet.EnrolmentToken!.Reveal());
        var camera = settings.Cameras[0];
        Assert.Equal("p$w", camera.Password!.Reveal());
        Assert.Equal(string.Concat(Enumerable.Repeat("a1", 32)), camera.Certificate);
        Assert.True(camera is { Audio: true, CameraClock: true, Enabled: false });
    }

    [Fact]
    public void Read_ReadsLogAndTelemetry()
    {
        var settings = Read("log: json\ntelemetry: { endpoint: 'http://127.0.0.1:4318', authorization: 'Bearer ${CAM_PW}', metricSeconds: 5 }\n");

        Assert.Equal(LogForm.Json, settings.Log);
        Assert.Equal(("http://127.0.0.1:4318/", "Bearer p$w", 5), (settings.Telemetry!.Endpoint.AbsoluteUri, settings.Telemetry.Authorization!.Reveal(), settings.Telemetry.MetricSeconds));
        Assert.Null(Read("").Telemetry);
        Assert.Equal(4, Mistakes("log: xml\ntelemetry: { endpoint: 'http://u:p@h', metricSeconds: 0, authorisation: x }\n").Count);
    }

    [Fact]
    public void Read_ReadsLimitsOfHealthAndDatabase()
    {
        var settings = Read("health: { minRecordingPercent: 50 }\ndatabase: { maxBytes: 512MiB }\n");

        Assert.Equal((50, 512L << 20), (settings.MinRecordingPercent, settings.MaxDatabaseBytes));
        Assert.Equal((75, 4L << 30), (Read("").MinRecordingPercent, Read("").MaxDatabaseBytes));
        Assert.Equal(4, Mistakes("health: { minRecordingPercent: 101, percent: 1 }\ndatabase: { maxBytes: 1000, max: 1 }\n").Count);
    }

    [Fact]
    public void Read_ReportsAllMistakesAtOnce_WithTheirLines()
    {
        var errors = Mistakes("""
            box:
              nam: Depot
              listen: ftp://nowhere
              timeZone: Mars/Olympus
            recording:
              volumes: [{ path: /a }, { path: /a }]
              segmentSeconds: 1
            fleet:
              profile: fast
            cameras:
              - id: Gate 1
                url: http://10.0.0.1/
              - id: yard
                url: rtsp://10.0.0.1/
                audio: maybe
                certificateSha256: a1:b2
              - id: yard
                url: rtsp://10.0.0.2/
                password: ${NOT_SET}
              - name: no id
            camras: []
            """);

        Assert.Equal(
            [
                (2, "box.nam"), (3, "box.listen"), (4, "box.timeZone"), (6, "recording.volumes[1].path"), (7, "recording.segmentSeconds"), (9, "fleet.url"), (9, "fleet.profile"),
                (11, "cameras[0].id"), (12, "cameras[0].url"), (15, "cameras[1].audio"), (16, "cameras[1].certificateSha256"), (17, "cameras[2].id"), (19, "cameras[2].password"),
                (20, "cameras[3].id"), (20, "cameras[3].url"), (21, "camras"),
            ],
            errors.OrderBy(e => e.Line).ThenBy(e => Order(e.Setting)).Select(e => (e.Line, e.Setting)));
        Assert.Contains(errors, e => e.Setting == "cameras[2].password" && e.Message.Contains("NOT_SET", StringComparison.Ordinal));

        static int Order(string setting) => setting is "fleet.url" or "cameras[3].id" ? 0 : 1;
    }

    [Fact]
    public void Read_KnowsTheRolesOfVolumes()
    {
        var recording = Read("""
            recording:
              volumes: [{ path: /a, mounted: true }, { path: /b }, { path: /m/, role: mirror }, { path: /s, role: staging }]
              mirror: false
              scrubMiBPerSecond: 0
            cameras: [{ id: gate, url: "rtsp://h/", mirror: true }, { id: yard, url: "rtsp://h/" }]
            """);

        Assert.Equal(["/a", "/b"], recording.Recording.Volumes);
        Assert.Equal(
            [new("/a", VolumeRole.Primary, true), new("/b", VolumeRole.Primary, false), new("/m", VolumeRole.Mirror, false), new VolumeSettings("/s", VolumeRole.Staging, false)],
            recording.Recording.AllVolumes);
        Assert.Equal((false, 0), (recording.Recording.Mirror, recording.Recording.ScrubMiBPerSecond));
        Assert.Equal([true, null], recording.Cameras.Select(c => c.Mirror));
    }

    [Theory]
    [InlineData("[{ path: /a }, { path: /a/b }]", "recording.volumes[1].path")]
    [InlineData("[{ path: /a/b }, { path: /a, role: mirror }]", "recording.volumes[1].path")]
    [InlineData("[{ path: /a }, { path: /a/ }]", "recording.volumes[1].path")]
    [InlineData("[{ path: /a, role: mirror }]", "recording.volumes")]
    [InlineData("[{ path: /a }, { path: /b, role: mirror }, { path: /c, role: mirror }]", "recording.volumes[2].role")]
    [InlineData("[{ path: /a, role: spare }]", "recording.volumes[0].role")]
    [InlineData("[{ path: /a, size: 1 }]", "recording.volumes[0].size")]
    public void Read_RefusesVolumes_ThatCannotBe(string volumes, string setting) =>
        Assert.Equal([setting], Mistakes($"recording:\n  volumes: {volumes}\n").Select(e => e.Setting));

    [Fact]
    public void Read_RefusesAFloor_ThatTheDiskCannotHave()
    {
        var disk = new DriveInfo("/").TotalSize;

        foreach (var floor in (string[])["8000000TiB", $"{disk}"])
        {
            var mistake = Assert.Single(Mistakes($"recording:\n  volumes: [{{ path: /not-there-yet/recordings }}]\nretention:\n  minFreeBytes: {floor}\n"));
            Assert.Equal((4, "retention.minFreeBytes"), (mistake.Line, mistake.Setting));
            Assert.Contains($"/not-there-yet/recordings, {disk} bytes: everything would be deleted", mistake.Message, StringComparison.Ordinal);
        }

        Assert.Equal(disk - 1, Read($"recording:\n  volumes: [{{ path: /not-there-yet/recordings }}]\nretention:\n  minFreeBytes: {disk - 1}\n").Retention.MinFreeBytes);
    }

    [Fact]
    public void Read_NeverRepeatsASecret_InItsErrors()
    {
        var errors = Mistakes("cameras:\n  - { id: gate, url: 'rtsp://admin:sesame@host:notaport/', password: [sesame] }\nfleet: { url: 'http://u:sesame@h', enrolmentToken: { a: sesame } }\n");

        Assert.NotEmpty(errors);
        Assert.DoesNotContain("sesame", new SettingsException("f", errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RefusesNames_ThatNoOtherProgramCouldShow()
    {
        var errors = Mistakes("box: { name: \"De\\0pot\" }\ncameras:\n  - { id: gate, name: \"Ga\\ete\", url: 'rtsp://h/' }\n");

        Assert.Equal(["box.name", "cameras[0].name"], errors.Select(e => e.Setting).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_SplitsCredentialsOffTheUrl()
    {
        var camera = Read("cameras: [{ id: a, url: 'rtsp://ad%40min:p%3Aw@[2001:db8::1]:8554/x?y=1' }]").Cameras[0];

        Assert.Equal(("rtsp://[2001:db8::1]:8554/x?y=1", "ad@min", "p:w"), (camera.Url, camera.Username, camera.Password!.Reveal()));
        Assert.DoesNotContain("p:w", camera.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: [1")]
    [InlineData("box: {}\nbox: {}")]
    [InlineData("- 1")]
    [InlineData("--- {}\n--- {}")]
    [InlineData("&a [*a, *a]")]
    public void Read_RefusesWhatIsNoSettingsFile(string text) => Assert.NotEmpty(Mistakes(text));

    [Fact]
    public void Read_ReadsAPasswordFile_AndNamesAMissingOne()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("pw"), "secret\n");
        var file = folder.File("heldar.yaml");
        File.WriteAllText(file, "cameras:\n  - { id: a, url: 'rtsp://h/', username: u, passwordFile: pw }\n");

        Assert.Equal("secret", SettingsReader.ReadFile(file, _ => null).Cameras[0].Password!.Reveal());

        File.WriteAllText(file, "cameras:\n  - { id: a, url: 'rtsp://h/',\n      passwordFile: gone }\n");
        var error = Assert.Single(Assert.Throws<SettingsException>(() => SettingsReader.ReadFile(file, _ => null)).Errors);
        Assert.Equal((3, "cameras[0].passwordFile"), (error.Line, error.Setting));
    }

    [Fact]
    public void ReadFile_SaysWhichFileIsMissing()
    {
        var error = Assert.Throws<SettingsException>(() => SettingsReader.ReadFile("/nonexistent/heldar.yaml", _ => null));
        Assert.Contains("/nonexistent/heldar.yaml", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a${X}b", "a1b")]
    [InlineData("$${X}", "${X}")]
    [InlineData("${X", "${X")]
    [InlineData("$X", "$X")]
    [InlineData("${Y}", "${X}")]
    public void Expand_ReplacesOnce(string text, string expected)
    {
        var scope = new SettingsScope("/", name => name == "X" ? "1" : "${X}");
        Assert.Equal(expected, scope.Expand(text, out var missing));
        Assert.Null(missing);
    }

    [Theory]
    [InlineData("rtsp://h/a?user=x&pass=y&channel=1", "rtsp://h/a?user=***&pass=***&channel=1")]
    [InlineData("rtsp://u:p@h/a", "rtsp://h/a")]
    [InlineData("rtsp://h/a@b", "rtsp://h/***")]
    public void MaskedUrl_ShowsNoSecret(string url, string expected) => Assert.Equal(expected, CameraUrl.Masked(url));

    private static BoxSettings Read(string text) => SettingsReader.Read("/etc/heldar/heldar.yaml", text, name => name == "CAM_PW" ? "p$w" : null);

    private static IReadOnlyList<SettingsError> Mistakes(string text) => Assert.Throws<SettingsException>(() => Read(text)).Errors;
}
