using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Heldar.Edge.Secrets;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>
/// Links for players and browsers, which cannot send a header: HMAC-SHA256 over path, expiry and who made it, with a key that is made at the first start and kept
/// in the data folder. A link brings nothing of its own: it stands for its maker, and opens what he may see at the moment. Thread-safe.
/// </summary>
internal sealed class SignedLinks(byte[] key, IClock clock)
{
    /// <summary>How long a link in an answer works.</summary>
    public static readonly Duration Lifetime = Duration.FromHours(1);

    /// <summary>Query members of a link.</summary>
    private const string Expiry = "exp", Maker = "by", Mac = "sig";

    public static SignedLinks Open(string dataFolder, IClock clock) => new(KeyFile.ReadOrCreate(Path.Combine(dataFolder, "links.key"), 32), clock);

    /// <summary>The path with expiry, maker and signature.</summary>
    public string Sign(string path, Caller maker)
    {
        var expires = (clock.GetCurrentInstant() + Lifetime).ToUnixTimeSeconds();
        var by = WordOf(maker.Kind, maker.Id);
        return string.Create(CultureInfo.InvariantCulture, $"{path}?{Expiry}={expires}&{Maker}={by}&{Mac}={Signature(path, expires, by)}");
    }

    /// <summary>Who made the link that a request is, when its signature fits and its time is not over; null otherwise.</summary>
    public (CallerKind Kind, Guid Id)? MakerOf(string path, IQueryCollection query)
    {
        if (query[Expiry] is not [{ } expText] || query[Mac] is not [{ } sigText] || query[Maker] is not [{ } by]) return null;
        if (expText.Length > 12 || sigText.Length != 43 || by.Length != 33 || !Ascii.IsValid(sigText)) return null;
        if (!long.TryParse(expText, NumberStyles.None, CultureInfo.InvariantCulture, out var expires) || expires < clock.GetCurrentInstant().ToUnixTimeSeconds()) return null;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Signature(path, expires, by)), Encoding.ASCII.GetBytes(sigText))) return null;
        return Guid.TryParseExact(by[1..], "N", out var id) ? (by[0] == 'u' ? CallerKind.User : CallerKind.ApiKey, id) : null;
    }

    private static string WordOf(CallerKind kind, Guid id) => $"{(kind == CallerKind.User ? 'u' : 'k')}{id:N}";

    private string Signature(string path, long expires, string by)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{path}\n{expires}\n{by}");
        return Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
