using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Cameras;

/// <summary>What a box allows its cameras.</summary>
/// <param name="MaxBytes">Most bytes of all footage; null for no limit.</param>
/// <param name="HasMirror">There is a mirror.</param>
internal sealed record CameraLimits(long? MaxBytes, bool HasMirror)
{
    public static CameraLimits Of(BoxSettings settings) => new(settings.Retention.MaxBytes, settings.Recording.HasMirror);
}

/// <summary>Checks the body of POST and PATCH and turns it into what a camera shall be. All mistakes at once.</summary>
/// <param name="body">What was sent.</param>
/// <param name="limits">What the box allows.</param>
internal sealed class CameraWriteReader(CameraWrite body, CameraLimits limits)
{
    /// <summary>What other systems say of a camera: taken, so that their clients work here, and not kept.</summary>
    private static readonly string[] Labels = ["site_id", "vendor", "model"];
    private readonly List<string> _problems = [];

    /// <summary>Every mistake in one text, or null.</summary>
    public string? Problem => _problems.Count == 0 ? null : string.Join("; ", _problems);

    /// <summary>A new camera.</summary>
    public CameraSettings Create()
    {
        var name = Name() ?? "";
        var id = body.Id ?? Slug(name);
        if (!Names.IsSlug(id)) _problems.Add("id must be 1 to 63 of a-z, 0-9 and inner hyphens");
        var url = Url();
        if (url is null && _problems.All(p => !p.StartsWith("main_stream_url", StringComparison.Ordinal))) _problems.Add("main_stream_url is missing");
        CheckRest();
        return new CameraSettings(
            id, name.Length == 0 ? id : name, url?.Url ?? "", Text(body.Username) ?? url?.Username, Password() ?? url?.Password,
            body.RecordAudio ?? false, body.Clock == "camera", (body.Enabled ?? true) && (body.RecordEnabled ?? true))
        {
            Certificate = CameraCertificate.Normal(body.CertificateSha256),
            Anr = new CameraAnr(body.AnrEnabled ?? false, ReplayUrl()),
            Events = Events(),
            Mode = Mode() ?? RecordMode.Continuous,
            PreRollSeconds = body.PreRollSeconds ?? RecordModes.DefaultPreRollSeconds,
            PostRollSeconds = body.PostRollSeconds ?? RecordModes.DefaultPostRollSeconds,
            RetentionHours = body.RetentionHours is 0 ? null : body.RetentionHours,
            QuotaBytes = body.StorageQuotaBytes is 0 ? null : body.StorageQuotaBytes,
            Mirror = body.MirrorEnabled,
        };
    }

    /// <summary>The change to a camera; only what the body names.</summary>
    public Func<CameraConfig, CameraConfig> Change(CameraSecrets secrets)
    {
        var (name, url) = (Name(), Url());
        if (body.Id is not null) _problems.Add("id cannot be changed");
        CheckRest();
        return before =>
        {
            var (username, password) = (before.Username, before.SealedPassword);
            if (url?.Username is not null) (username, password) = (secrets.SealUsername(before.Uid, url.Username), secrets.SealPassword(before.Uid, url.Password));
            if (body.Username is not null) username = secrets.SealUsername(before.Uid, Text(body.Username));
            if (body.Password is not null) password = secrets.SealPassword(before.Uid, Password());
            return before with
            {
                Name = name ?? before.Name,
                Url = url is null ? before.Url : secrets.SealUrl(before.Uid, url.Url),
                Username = username,
                SealedPassword = password,
                Audio = body.RecordAudio ?? before.Audio,
                Enabled = body.Enabled ?? body.RecordEnabled ?? before.Enabled,
                SegmentSeconds = body.SegmentSeconds ?? before.SegmentSeconds,
                CameraClock = body.Clock is null ? before.CameraClock : body.Clock == "camera",
                Certificate = body.CertificateSha256 is null ? before.Certificate : CameraCertificate.Normal(body.CertificateSha256),
                Anr = body.AnrEnabled ?? before.Anr,
                SealedReplayUrl = body.AnrReplayUrlTemplate is null ? before.SealedReplayUrl : secrets.SealReplayUrl(before.Uid, ReplayUrl()),
                SealedEvents = body.Events is null ? before.SealedEvents : secrets.SealEvents(before.Uid, Events()),
                Mode = Mode() ?? before.Mode,
                PreRollSeconds = body.PreRollSeconds ?? before.PreRollSeconds,
                PostRollSeconds = body.PostRollSeconds ?? before.PostRollSeconds,
                RetentionHours = body.RetentionHours is 0 ? null : body.RetentionHours ?? before.RetentionHours,
                QuotaBytes = body.StorageQuotaBytes is 0 ? null : body.StorageQuotaBytes ?? before.QuotaBytes,
                Mirror = body.MirrorEnabled ?? before.Mirror,
            };
        };
    }

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string Slug(string name)
    {
        var slug = string.Concat(name.ToLowerInvariant().Select(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') ? c : '-')).Trim('-');
        return slug.Length is 0 or > 63 ? "cam-" + Guid.NewGuid().ToString("N")[..8] : slug;
    }

    private RecordMode? Mode() => RecordModes.TryParse(body.RecordMode, out var mode) ? mode : null;

    private Secret? Password() => string.IsNullOrEmpty(body.Password) ? null : new Secret(body.Password);

    private Secret? ReplayUrl() => Text(body.AnrReplayUrlTemplate) is { } url ? new Secret(url) : null;

    private CameraEventSettings? Events() => body.Events is not { Enabled: true } events ? null : new CameraEventSettings
    {
        Address = Text(events.Address),
        Topics = events.Topics is null ? CameraEventSettings.DefaultTopics : [.. events.Topics.Distinct(StringComparer.Ordinal)],
        Zones = [.. (events.Zones ?? []).Distinct(StringComparer.Ordinal)],
        Username = Text(events.Username),
        Password = string.IsNullOrEmpty(events.Password) ? null : new Secret(events.Password),
    };

    private string? Name()
    {
        if (!EventRules.IsTextOrNull(body.Name, 200)) _problems.Add("name has 1 to 200 printable characters");
        return body.Name;
    }

    private CameraUrl? Url()
    {
        if (body.MainStreamUrl is not null && body.Url is not null && body.MainStreamUrl != body.Url) _problems.Add("give either main_stream_url or url");
        if ((body.MainStreamUrl ?? body.Url) is not { } text) return null;
        if (CameraUrl.TryParse(text, out var url, out var problem)) return url;
        _problems.Add("main_stream_url " + problem);
        return null;
    }

    private void CheckEvents(CameraEventsWrite events)
    {
        if (Text(events.Address) is { } address && CameraEventSettings.AddressMistake(address) is { } wrong) _problems.Add("events.address " + wrong);
        if (events.Topics is { Count: 0 or > CameraEventSettings.MaxTopics }) _problems.Add($"events.topics has 1 to {CameraEventSettings.MaxTopics} entries");
        else if (events.Topics?.Select(t => CameraEventSettings.TopicMistake(t ?? "")).FirstOrDefault(m => m is not null) is { } topic) _problems.Add("events.topics: each " + topic);
        if (events.Zones is { Count: > CameraEventSettings.MaxZones }) _problems.Add($"events.zones has at most {CameraEventSettings.MaxZones} entries");
        else if (events.Zones?.Select(z => CameraEventSettings.ZoneMistake(z ?? "")).FirstOrDefault(m => m is not null) is { } zone) _problems.Add("events.zones: each " + zone);
        if (events.Username is { Length: > 200 }) _problems.Add("events.username has at most 200 characters");
        if (events.Password is { Length: > 1000 }) _problems.Add("events.password has at most 1000 characters");
        if (!string.IsNullOrEmpty(events.Password) && Text(events.Username) is null) _problems.Add("events.password needs a username beside it");
    }

    private void CheckUnknown(IEnumerable<string> names, string of)
    {
        foreach (var name in names.Take(5)) _problems.Add($"there is no field '{of}{EventRules.Clean(name, 64)}'");
    }

    private void CheckLimits()
    {
        if (body.RetentionHours is < 0 or > RetentionSettings.MaxHours) _problems.Add($"retention_hours must be 1 to {RetentionSettings.MaxHours}, or 0 for the box's rule");
        if (body.StorageQuotaBytes is < 0 or (> 0 and < RetentionSettings.MinCameraQuotaBytes))
            _problems.Add($"storage_quota_bytes must be at least {RetentionSettings.MinCameraQuotaBytes}, or 0 for the box's rule");
        if (body.StorageQuotaBytes > limits.MaxBytes) _problems.Add($"storage_quota_bytes is more than all footage may take, {limits.MaxBytes}");
        if (body.MirrorEnabled is true && !limits.HasMirror) _problems.Add("mirror_enabled: the box has no volume with the role mirror");
    }

    private void CheckRest()
    {
        CheckUnknown((body.Unknown?.Keys ?? Enumerable.Empty<string>()).Except(Labels, StringComparer.Ordinal), "");
        CheckUnknown(body.Events?.Unknown?.Keys ?? Enumerable.Empty<string>(), "events.");
        CheckLimits();
        if (body.Events is { } events) CheckEvents(events);
        if (body.Username is { Length: > 200 }) _problems.Add("username has at most 200 characters");
        if (body.Password is { Length: > 1000 }) _problems.Add("password has at most 1000 characters");
        if (body.SegmentSeconds is < RecordingSettings.MinSegmentSeconds or > RecordingSettings.MaxSegmentSeconds)
            _problems.Add($"segment_seconds must be {RecordingSettings.MinSegmentSeconds} to {RecordingSettings.MaxSegmentSeconds}");
        if (body.RecordMode is not null && Mode() is null) _problems.Add("record_mode must be one of: " + RecordModes.Allowed);
        if (body.PreRollSeconds is < 0 or > RecordModes.MaxPreRollSeconds) _problems.Add($"pre_roll_seconds must be 0 to {RecordModes.MaxPreRollSeconds}");
        if (body.PostRollSeconds is < 0 or > RecordModes.MaxPostRollSeconds) _problems.Add($"post_roll_seconds must be 0 to {RecordModes.MaxPostRollSeconds}");
        if (!CameraCertificate.IsValidOrEmpty(body.CertificateSha256)) _problems.Add("certificate_sha256 " + CameraCertificate.Rule);
        if (Text(body.AnrReplayUrlTemplate) is { } replay && CameraAnr.Mistake(replay) is { } mistake) _problems.Add("anr_replay_url_template " + mistake);
        if (body.Clock is not (null or "box" or "camera")) _problems.Add("clock must be box or camera");
    }
}
