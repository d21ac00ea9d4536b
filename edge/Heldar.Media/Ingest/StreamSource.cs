using System.Text;

namespace Heldar.Media.Ingest;

/// <summary>Whose clock dates the pictures.</summary>
public enum ClockSource
{
    /// <summary>The box: arrival of the least delayed picture plus RTP time.</summary>
    Box,

    /// <summary>The camera's RTCP NTP time, as long as it is within 5 s of the box; otherwise as <see cref="Box"/>.</summary>
    Camera,
}

/// <summary>Where a stream comes from. Credentials never appear in <see cref="object.ToString"/>, status or messages.</summary>
/// <param name="Url"><c>rtsp://</c> or <c>rtsps://</c>. User information in it is used when <paramref name="Username"/> is null, and never sent in the request line.</param>
/// <param name="Username">Name for digest or basic authentication; null when the camera asks for none.</param>
/// <param name="Password">Its password.</param>
/// <param name="Audio">Also receive the first supported audio track.</param>
/// <param name="Clock">Whose clock dates the pictures.</param>
public sealed record StreamSource(Uri Url, string? Username, string? Password, bool Audio, ClockSource Clock)
{
    /// <summary>
    /// For rtsps: SHA-256 of the camera's certificate in hexadecimal. When set, exactly this certificate is accepted (cameras sign their own);
    /// when null, the certificate must be valid for the host by the system's authorities.
    /// </summary>
    public string? CertificateSha256 { get; init; }

    /// <summary>The address without user information, for messages.</summary>
    public string DisplayUrl => Url.IsAbsoluteUri ? Url.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped) : Url.OriginalString;

    /// <summary>What to answer challenges with: the username and password, or else what stands in the address.</summary>
    internal (string? Username, string Password) Credentials()
    {
        if (Username is not null || Url.UserInfo.Length == 0) return (Username, Password ?? "");
        var parts = Url.UserInfo.Split(':', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(DisplayUrl).Append(Username is null ? "" : ", credentials ***").Append(Audio ? ", audio" : "").Append(", clock ").Append(Clock);
        return true;
    }
}
