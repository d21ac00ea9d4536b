using System.Collections.Immutable;
using System.Security.Cryptography;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Media.Ingest;

namespace Heldar.Edge.Cameras;

/// <summary>Seals and opens what a camera's configuration hides. Thread-safe.</summary>
internal sealed class CameraSecrets(SecretBox box)
{
    /// <summary>What of the table of cameras is sealed: cameras take tokens in paths, queries and user names, so all of it is.</summary>
    public static readonly ImmutableArray<SealedColumn> Columns =
        [.. new[] { UrlColumn, UsernameColumn, PasswordColumn, ReplayUrlColumn, EventsColumn }.Select(c => new SealedColumn("camera", "uid", c, uid => Owner(uid, c)))];

    private const string UrlColumn = "url";
    private const string UsernameColumn = "username";
    private const string PasswordColumn = "password";
    private const string ReplayUrlColumn = "replay_url";
    private const string EventsColumn = "event_secrets";

    public string? SealPassword(Guid camera, Secret? password) => password is null ? null : box.Seal(password, Owner(camera, PasswordColumn));

    public string? SealUsername(Guid camera, string? username) => username is null ? null : box.Seal(new Secret(username), Owner(camera, UsernameColumn));

    public string SealUrl(Guid camera, string url) => box.Seal(new Secret(url), Owner(camera, UrlColumn));

    public string Url(CameraConfig camera) => box.Unseal(camera.Url, Owner(camera.Uid, UrlColumn)).Reveal();

    public string? Username(CameraConfig camera) => camera.Username is null ? null : box.Unseal(camera.Username, Owner(camera.Uid, UsernameColumn)).Reveal();

    public Secret? Password(CameraConfig camera) => camera.SealedPassword is null ? null : box.Unseal(camera.SealedPassword, Owner(camera.Uid, PasswordColumn));

    /// <summary>The address as people may see it; null when it does not open.</summary>
    public string? MaskedUrl(CameraConfig camera) => Try(() => CameraUrl.Masked(Url(camera)));

    /// <summary>The user name as people may see it: one without a password may be a token.</summary>
    public string? MaskedUsername(CameraConfig camera) =>
        camera.Username is null ? null : camera.SealedPassword is null ? Secret.Mask : Try(() => Username(camera)) ?? Secret.Mask;

    public string? SealReplayUrl(Guid camera, Secret? url) => url is null ? null : box.Seal(url, Owner(camera, ReplayUrlColumn));

    public Secret? ReplayUrl(CameraConfig camera) =>
        camera.SealedReplayUrl is null ? null : box.Unseal(camera.SealedReplayUrl, Owner(camera.Uid, ReplayUrlColumn));

    /// <summary>The address of its storage as people may see it; null when it is the usual one.</summary>
    public string? MaskedReplayUrl(CameraConfig camera) =>
        camera.SealedReplayUrl is null ? null : Try(() => ReplayUrl(camera)) is { } url ? CameraUrl.Masked(url.Reveal()) : Secret.Mask;

    public string? SealEvents(Guid camera, CameraEventSettings? events) => events is null ? null : box.Seal(events.ToText(), Owner(camera, EventsColumn));

    /// <summary>Which of the camera's own events trigger; null for none.</summary>
    public CameraEventSettings? Events(CameraConfig camera) => EventsText(camera) is { } text ? CameraEventSettings.Parse(text) : null;

    /// <summary>The same as people may see it; null when there are none, or they do not open.</summary>
    public CameraEventsView? EventsView(CameraConfig camera) => Try(() => Events(camera)) is { } events
        ? new(events.Address is null ? null : CameraUrl.Masked(events.Address), events.Topics, events.Zones, events.Username is null || events.Password is not null ? events.Username : Secret.Mask, events.Password is not null)
        : null;

    /// <summary>
    /// Where the camera's own storage replays. Its credentials are those in the address, or the camera's own where the host is the same: another host gets none that
    /// were meant for this one, and what TLS protects is not sent in plain text.
    /// </summary>
    public StreamSource ReplaySource(CameraConfig camera)
    {
        var live = new Uri(Url(camera));
        var replay = ReplayUrl(camera)?.Reveal() is { } template
            ? new Uri(template)
            : new Uri($"{live.Scheme}://{live.Authority}/Streaming/tracks/101?starttime={{start}}&endtime={{end}}");
        var own = replay.UserInfo.Length == 0 && replay.Host.Equals(live.Host, StringComparison.OrdinalIgnoreCase)
            && (live.Scheme == "rtsp" || replay.Scheme == "rtsps");
        return new(replay, own ? Username(camera) : null, own ? Password(camera)?.Reveal() : null, camera.Audio, ClockSource.Camera) { CertificateSha256 = camera.Certificate };
    }

    public StreamSource Source(CameraConfig camera) =>
        new(new Uri(Url(camera)), Username(camera), Password(camera)?.Reveal(), camera.Audio, camera.CameraClock ? ClockSource.Camera : ClockSource.Box)
        {
            CertificateSha256 = camera.Certificate,
        };

    /// <summary><paramref name="next"/> with the sealed texts of <paramref name="before"/> where they hide the same, so that equal means unchanged.</summary>
    public CameraConfig Settle(CameraConfig before, CameraConfig next) => next with
    {
        Url = Try(() => Url(before)) == Url(next) ? before.Url : next.Url,
        Username = Same(Try(() => Username(before)), Username(next), before.Username) ? before.Username : next.Username,
        SealedPassword = Same(Try(() => Password(before)), Password(next), before.SealedPassword) ? before.SealedPassword : next.SealedPassword,
        SealedReplayUrl = Same(Try(() => ReplayUrl(before)), ReplayUrl(next), before.SealedReplayUrl) ? before.SealedReplayUrl : next.SealedReplayUrl,
        SealedEvents = Same(Try(() => EventsText(before)), EventsText(next), before.SealedEvents) ? before.SealedEvents : next.SealedEvents,
    };

    private Secret? EventsText(CameraConfig camera) => camera.SealedEvents is null ? null : box.Unseal(camera.SealedEvents, Owner(camera.Uid, EventsColumn));

    // A text that does not open equals nothing, not even the absence of one.
    private static bool Same<T>(T? before, T? next, string? kept)
        where T : class => Equals(before, next) && (before is null) == (kept is null);

    private static string Owner(Guid camera, string column) => Owner(camera.ToString("D"), column);

    private static string Owner(string uid, string column) => $"camera/{uid}/{column}";

    private static T? Try<T>(Func<T?> open)
        where T : class
    {
        try
        {
            return open();
        }
        catch (Exception e) when (e is CryptographicException or InvalidDataException)
        {
            return null;
        }
    }
}
