using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>
/// The header that proves a password without sending it: Base64(SHA-1(nonce + created + password)), WS-Security UsernameToken Profile 1.0 as ONVIF Core 5.9 asks for it.
/// </summary>
internal static class UsernameToken
{
    private const int NonceBytes = 16;

    public static XElement Create(string username, string password, Instant created) => Create(username, password, created, RandomNumberGenerator.GetBytes(NonceBytes));

    /// <summary>The same with a given nonce.</summary>
    internal static XElement Create(string username, string password, Instant created, byte[] nonce)
    {
        var time = created.ToDateTimeUtc().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return new XElement(
            OnvifNames.Security + "Security",
            new XAttribute(OnvifNames.Soap + "mustUnderstand", "1"),
            new XElement(
                OnvifNames.Security + "UsernameToken",
                new XElement(OnvifNames.Security + "Username", username),
                new XElement(OnvifNames.Security + "Password", new XAttribute("Type", OnvifNames.PasswordDigest), Digest(nonce, time, password)),
                new XElement(OnvifNames.Security + "Nonce", new XAttribute("EncodingType", OnvifNames.Base64Binary), Convert.ToBase64String(nonce)),
                new XElement(OnvifNames.SecurityUtility + "Created", time)));
    }

#pragma warning disable CA5350 // SHA-1 is the one hash that the profile knows.
    internal static string Digest(byte[] nonce, string created, string password) => Convert.ToBase64String(SHA1.HashData([.. nonce, .. Encoding.UTF8.GetBytes(created + password)]));
#pragma warning restore CA5350
}
