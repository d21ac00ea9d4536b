using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>A signing secret. <paramref name="Until"/> is set on the old one of a rotation: both sign until then.</summary>
/// <param name="Secret"><c>whsec_</c> and base64 of 24 to 64 bytes.</param>
/// <param name="Until">When it stops to sign; null for the current one.</param>
public sealed record WebhookSecret(string Secret, Instant? Until = null);

/// <summary>Signatures by the Standard Webhooks specification 1.0 (symmetric, <c>v1</c>): HMAC-SHA256 over <c>{id}.{timestamp}.{body}</c>.</summary>
public static class WebhookSignature
{
    /// <summary>Header of the id; the same on every attempt.</summary>
    public const string IdHeader = "webhook-id";

    /// <summary>Header of the attempt's time, in Unix seconds.</summary>
    public const string TimestampHeader = "webhook-timestamp";

    /// <summary>Header of the signatures, separated by spaces.</summary>
    public const string SignatureHeader = "webhook-signature";

    private const string Prefix = "whsec_";
    private const int MinKey = 24;
    private const int MaxKey = 64;

    /// <summary>Makes a secret of 32 random bytes.</summary>
    public static string NewSecret() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Whether a text is a secret.</summary>
    public static bool IsSecret(string? text) => Key(text) is not null;

    /// <summary>Adds a new secret; those before it sign for <paramref name="overlap"/> more.</summary>
    public static IReadOnlyList<WebhookSecret> Rotate(IReadOnlyList<WebhookSecret> secrets, string fresh, Instant now, Duration overlap)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        if (!IsSecret(fresh)) throw new ArgumentException("not a whsec_ secret", nameof(fresh));
        var end = now + overlap;
        return [new(fresh), .. secrets.Where(s => s.Until is not { } until || until > now).Select(s => s with { Until = s.Until is { } until && until < end ? until : end })];
    }

    /// <summary>The header's value: one signature for each secret that is valid at <paramref name="now"/>.</summary>
    public static string Sign(IReadOnlyList<WebhookSecret> secrets, string id, Instant now, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{now.ToUnixTimeSeconds()}."));
        byte[] content = [.. head, .. body];
        return string.Join(' ', secrets.Where(s => s.Until is not { } until || until > now)
            .Select(s => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Key(s.Secret) ?? throw new InvalidOperationException("a stored secret is no whsec_ secret"), content))));
    }

    private static byte[]? Key(string? text)
    {
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length > 200) return null;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var written) && written is >= MinKey and <= MaxKey ? bytes[..written] : null;
    }
}
