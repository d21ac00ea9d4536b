using System.Collections.Immutable;
using Heldar.Contracts;
using Heldar.Edge.Secrets;
using NodaTime;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Heldar.Edge.Settings;

/// <summary>
/// Turns <c>heldar.yaml</c> into <see cref="BoxSettings"/> or into all of its mistakes at once. Strict: an unknown key is a mistake, so that
/// a typing error never silently means the default. Reads files, changes nothing.
/// </summary>
internal static class SettingsReader
{
    /// <summary>Largest settings file in bytes.</summary>
    public const int MaxFileBytes = 1024 * 1024;

    /// <summary>Most cameras of one box.</summary>
    public const int MaxCameras = 512;

    /// <summary>Reads a file. Throws <see cref="SettingsException"/>.</summary>
    public static BoxSettings ReadFile(string file, Func<string, string?> environment)
    {
        var path = Path.GetFullPath(file);
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes) throw Single(path, 1, "file", $"is larger than {MaxFileBytes} bytes");
            return Read(path, File.ReadAllText(path), environment);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Single(path, 1, "file", "cannot be read: " + e.Message);
        }
    }

    /// <summary>Reads a text as if it stood in <paramref name="path"/>. Throws <see cref="SettingsException"/>.</summary>
    public static BoxSettings Read(string path, string text, Func<string, string?> environment)
    {
        var scope = new SettingsScope(Path.GetDirectoryName(path)!, environment);
        var root = new YamlSection(Parse(path, text), "", scope);

        var box = root.Section("box") ?? new YamlSection(new YamlMappingNode(), "box", scope);
        var name = box.Label("name", 100) ?? Environment.MachineName;
        var listen = ReadListen(box);
        var data = scope.FullPath(box.Text("data") ?? "data");
        var zone = ReadZone(box);
        box.RefuseUnknown();

        var recording = ReadRecording(root, scope);
        var retention = RetentionReader.Read(root, recording.Volumes);
        var fleet = ReadFleet(root, scope);
        var log = root.Choice("log", "text", "text", "json") == "json" ? LogForm.Json : LogForm.Text;
        var telemetry = ReadTelemetry(root, scope);
        var cameras = Limited(ReadCameras(root, scope), retention);
        var anr = ReadAnr(root);
        var (percent, database) = ReadLimits(root);
        root.RefuseUnknown();

        if (scope.Errors.Count > 0) throw new SettingsException(path, scope.Errors);
        return new BoxSettings(path, name, listen, data, zone, recording, fleet, cameras) { Retention = retention, Anr = anr, Log = log, Telemetry = telemetry, MinRecordingPercent = percent, MaxDatabaseBytes = database, SecretFiles = [.. scope.SecretFiles] };
    }

    /// <summary>Each camera with its own limits, which the section of retention names.</summary>
    private static ImmutableArray<CameraSettings> Limited(ImmutableArray<CameraSettings> cameras, RetentionSettings retention) =>
        [.. cameras.Select(c => retention.Cameras.FirstOrDefault(r => r.Id == c.Id) is { } own ? c with { RetentionHours = own.Hours, QuotaBytes = own.QuotaBytes } : c)];

    private static YamlMappingNode Parse(string path, string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents switch
            {
                [] => new YamlMappingNode(),
                [{ RootNode: YamlMappingNode mapping }] => mapping,
                [{ RootNode: YamlScalarNode { Value: null or "" } }] => new YamlMappingNode(),
                [_] => throw Single(path, 1, "file", "must hold sections such as box, recording and cameras"),
                _ => throw Single(path, 1, "file", "must hold one YAML document"),
            };
        }
        catch (YamlException e)
        {
            throw Single(path, (int)Math.Max(1, e.Start.Line), "file", "is not valid YAML: " + e.Message);
        }
    }

    private static Uri ReadListen(YamlSection box)
    {
        var text = box.Text("listen") ?? "http://127.0.0.1:8011";
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0) return uri;
        box.Fail("listen", "must look like http://127.0.0.1:8011");
        return new Uri("http://127.0.0.1:8011");
    }

    private static DateTimeZone ReadZone(YamlSection box)
    {
        if (box.Text("timeZone") is not { } id) return DateTimeZone.Utc;
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(id) is { } zone) return zone;
        box.Fail("timeZone", "is not an IANA time zone such as Europe/Berlin");
        return DateTimeZone.Utc;
    }

    private static RecordingSettings ReadRecording(YamlSection root, SettingsScope scope)
    {
        var section = root.Section("recording");
        if (section is null) return RecordingSettings.Of([new VolumeSettings(scope.FullPath("recordings"), VolumeRole.Primary, false)], RecordingSettings.DefaultSegmentSeconds);
        var volumes = VolumesReader.Read(section, scope);
        var seconds = section.Integer("segmentSeconds", RecordingSettings.DefaultSegmentSeconds, RecordingSettings.MinSegmentSeconds, RecordingSettings.MaxSegmentSeconds);
        var budget = section.Integer("preRollBudgetMiB", RecordingSettings.DefaultPreRollBudgetMiB, 1, 65_536);
        var mirror = section.Flag("mirror", true);
        var scrub = section.Integer("scrubMiBPerSecond", RecordingSettings.DefaultScrubMiBPerSecond, 0, RecordingSettings.MaxScrubMiBPerSecond);
        section.RefuseUnknown();
        return RecordingSettings.Of(volumes, seconds) with { PreRollBudgetMiB = budget, Mirror = mirror, ScrubMiBPerSecond = scrub };
    }

    private static FleetSettings? ReadFleet(YamlSection root, SettingsScope scope)
    {
        if (root.Section("fleet") is not { } section) return null;
        var url = section.HttpAddress("url");
        var token = ReadSecret(section, "enrolmentToken", "enrolmentTokenFile", scope);
        var profile = section.Choice("profile", "normal", "normal", "economy") == "economy" ? UplinkProfile.Economy : UplinkProfile.Normal;
        section.RefuseUnknown();
        return url is null ? null : new FleetSettings(url, token, profile);
    }

    private static TelemetrySettings? ReadTelemetry(YamlSection root, SettingsScope scope)
    {
        if (root.Section("telemetry") is not { } section) return null;
        var endpoint = section.HttpAddress("endpoint");
        var authorization = ReadSecret(section, "authorization", "authorizationFile", scope);
        var seconds = section.Integer("metricSeconds", 30, 1, 3600);
        section.RefuseUnknown();
        return endpoint is null ? null : new TelemetrySettings(endpoint, authorization, seconds);
    }

    private static ImmutableArray<CameraSettings> ReadCameras(YamlSection root, SettingsScope scope)
    {
        var cameras = ImmutableArray.CreateBuilder<CameraSettings>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var sections = root.List("cameras");
        if (sections.Count > MaxCameras) root.Fail("cameras", $"a box takes at most {MaxCameras} cameras");
        foreach (var section in sections)
        {
            var id = section.Required("id");
            if (id.Length > 0 && !Names.IsSlug(id)) section.Fail("id", "must be 1 to 63 of a-z, 0-9 and inner hyphens");
            else if (id.Length > 0 && !lines.TryAdd(id, section.Line)) section.Fail("id", $"'{id}' is already the camera of line {lines[id]}");
            var name = section.Label("name", 200) ?? id;
            var url = section.Required("url", CameraUrl.MaxLength);
            var username = section.Text("username", 200);
            var password = ReadSecret(section, "password", "passwordFile", scope);
            if (url.Length > 0)
            {
                if (!CameraUrl.TryParse(url, out var parsed, out var problem)) section.Fail("url", problem);
                else
                {
                    if (parsed.Username is not null && username is not null) section.Fail("username", "is given here and in the url");
                    if (parsed.Password is not null && password is not null) section.Fail("password", "is given here and in the url");
                    (url, username, password) = (parsed.Url, username ?? parsed.Username, password ?? parsed.Password);
                }
            }

            var audio = section.Flag("audio", false);
            var enabled = section.Flag("enabled", true);
            bool? mirror = section.Has("mirror") ? section.Flag("mirror", true) : null;
            var clock = section.Choice("clock", "box", "box", "camera");
            var certificate = section.Text("certificateSha256");
            if (!CameraCertificate.IsValidOrEmpty(certificate)) section.Fail("certificateSha256", CameraCertificate.Rule);
            var anr = ReadCameraAnr(section);
            var events = CameraEventsReader.Read(section, scope);
            var mode = RecordModes.TryParse(section.Choice("mode", RecordModes.Word(RecordMode.Continuous), RecordModes.All), out var word) ? word : RecordMode.Continuous;
            var preRoll = section.Integer("preRollSeconds", RecordModes.DefaultPreRollSeconds, 0, RecordModes.MaxPreRollSeconds);
            var postRoll = section.Integer("postRollSeconds", RecordModes.DefaultPostRollSeconds, 0, RecordModes.MaxPostRollSeconds);
            section.RefuseUnknown();
            cameras.Add(new CameraSettings(id, name, url, username, password, audio, clock == "camera", enabled)
            {
                Certificate = CameraCertificate.Normal(certificate),
                Anr = anr,
                Events = events,
                Mirror = mirror,
                Mode = mode,
                PreRollSeconds = preRoll,
                PostRollSeconds = postRoll,
            });
        }

        return cameras.ToImmutable();
    }

    private static AnrSettings ReadAnr(YamlSection root)
    {
        var usual = AnrSettings.Default;
        if (root.Section("anr") is not { } section) return usual;
        var settings = new AnrSettings
        {
            Parallel = section.Integer("parallel", usual.Parallel, 1, 64),
            MaxGapHours = section.Integer("maxGapHours", usual.MaxGapHours, 1, 720),
            MaxAttempts = section.Integer("maxAttempts", usual.MaxAttempts, 1, 100),
            RetrySeconds = section.Integer("retrySeconds", usual.RetrySeconds, 1, 3600),
            SettleSeconds = section.Integer("settleSeconds", usual.SettleSeconds, 1, 3600),
            MegabytesPerSecond = section.Integer("megabytesPerSecond", usual.MegabytesPerSecond, 1, 1000),
        };
        section.RefuseUnknown();
        return settings;
    }

    private static (int MinRecordingPercent, long MaxDatabaseBytes) ReadLimits(YamlSection root)
    {
        var (health, database) = (root.Section("health"), root.Section("database"));
        var percent = health?.Integer("minRecordingPercent", 75, 0, 100) ?? 75;
        var bytes = database?.Size("maxBytes", 1 << 20) ?? 4L << 30;
        health?.RefuseUnknown();
        database?.RefuseUnknown();
        return (percent, bytes);
    }

    private static CameraAnr ReadCameraAnr(YamlSection camera)
    {
        if (camera.Section("anr") is not { } section) return CameraAnr.Off;
        var enabled = section.Flag("enabled", true);
        var url = section.Text("replayUrl", CameraUrl.MaxLength);
        if (url is not null && CameraAnr.Mistake(url) is { } mistake) section.Fail("replayUrl", mistake);
        section.RefuseUnknown();
        return new CameraAnr(enabled, url is null ? null : new Secret(url));
    }

    internal static Secret? ReadSecret(YamlSection section, string key, string fileKey, SettingsScope scope)
    {
        var text = section.Text(key);
        var file = section.Text(fileKey);
        if (text is not null && file is not null) section.Fail(fileKey, $"give either {key} or {fileKey}");
        if (file is null) return text is null ? null : new Secret(text);
        try
        {
            var path = scope.FullPath(file);
            scope.SecretFiles.Add(path);
            if (new FileInfo(path).Length > 4096) section.Fail(fileKey, "the file is larger than 4096 bytes");
            else return new Secret(File.ReadAllText(path).TrimEnd('\r', '\n'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            section.Fail(fileKey, "the file cannot be read");
        }

        return null;
    }

    private static SettingsException Single(string path, int line, string setting, string message) => new(path, [new SettingsError(line, setting, message)]);
}
