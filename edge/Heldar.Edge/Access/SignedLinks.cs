using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Heldar.Edge.Secrets;
using Microsoft.Extensions.Primitives;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>
/// Links that carry their own right: HMAC-SHA256 over path and expiry, with a key that is made at the first start and kept in the data folder.
/// For players and browsers, which cannot send a header. Thread-safe.
/// </summary>
internal sealed class SignedLinks(byte[] key, IClock clock)
{
    /// <summary>How long a link in an answer works.</summary>
    public static readonly Duration Lifetime = Duration.FromHours(1);

    public static SignedLinks Open(string dataFolder, IClock clock) => new(KeyFile.ReadOrCreate(Path.Combine(dataFolder, "links.key"), 32), clock);

    /// <summary>The path with expiry and signature.</summary>
    public string Sign(string path)
    {
        var expires = (clock.GetCurrentInstant() + Lifetime).ToUnixTimeSeconds();
        return string.Create(CultureInfo.InvariantCulture, $"{path}?exp={expires}&sig={Signature(path, expires)}");
    }

    /// <summary>Whether a request's own query allows its path now.</summary>
    public bool Allows(string path, StringValues exp, StringValues sig)
    {
        if (exp is not [{ } expText] || sig is not [{ } sigText] || expText.Length > 12 || sigText.Length != 43) return false;
        if (!long.TryParse(expText, NumberStyles.None, CultureInfo.InvariantCulture, out var expires)) return false;
        if (expires < clock.GetCurrentInstant().ToUnixTimeSeconds()) return false;
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Signature(path, expires)), Encoding.ASCII.GetBytes(sigText));
    }

    private string Signature(string path, long expires)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{path}\n{expires}");
        return Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
