using Heldar.Edge.Cameras;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;

namespace Heldar.Edge.CameraEvents;

/// <summary>Where a camera's events come from, and with whose credentials.</summary>
/// <param name="Device">Address of the device service.</param>
/// <param name="Username">User name, or null.</param>
/// <param name="Password">Its password, or null.</param>
/// <param name="CertificateSha256">For https: the one certificate to accept; null asks the system's authorities.</param>
internal sealed record EventSource(Uri Device, string? Username, Secret? Password, string? CertificateSha256)
{
    private const string UsualPath = "/onvif/device_service";

    /// <summary>
    /// The source of a camera. Its own credentials go to its own host only, and those of a camera with TLS only over TLS: another host gets none that were meant for this one.
    /// </summary>
    public static EventSource Of(CameraConfig camera, CameraEventSettings events, CameraSecrets secrets)
    {
        var live = new Uri(secrets.Url(camera));
        var tls = live.Scheme == "rtsps";
        var device = events.Address is { } address ? new Uri(address) : new Uri($"{(tls ? "https" : "http")}://{live.Host}{UsualPath}");
        if (events.Username is not null) return new EventSource(device, events.Username, events.Password, camera.Certificate);
        var own = device.Host.Equals(live.Host, StringComparison.OrdinalIgnoreCase) && (!tls || device.Scheme == Uri.UriSchemeHttps);
        return new EventSource(device, own ? secrets.Username(camera) : null, own ? secrets.Password(camera) : null, camera.Certificate);
    }

    /// <summary>
    /// An address that the camera names, brought to the camera's own host: one elsewhere keeps only its path and query. A camera behind address translation does not
    /// know its address, and a hostile one must not send the box anywhere.
    /// </summary>
    public Uri OnOwnHost(string named)
    {
        var authority = Device.GetLeftPart(UriPartial.Authority);
        // Put together as texts: a path alone would be a file of this machine to Uri.
        var whole = named.StartsWith("//", StringComparison.Ordinal) ? $"{Device.Scheme}:{named}" : named.StartsWith('/') ? authority + named : named;
        if (!Uri.TryCreate(whole, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) throw SoapEnvelope.Malformed("it names an address that is none");
        var own = url.Host.Equals(Device.Host, StringComparison.OrdinalIgnoreCase) && url.Scheme == Device.Scheme;
        return own && url.UserInfo.Length == 0 ? url : new Uri(authority + url.PathAndQuery);
    }
}
