using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Heldar.Contracts;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Cloud.Webhooks;

/// <summary>By what a receiver knows that it is us, besides the signature.</summary>
public enum CredentialKind
{
    /// <summary>By nothing else.</summary>
    None = 0,

    /// <summary>A bearer token (RFC 6750) in <c>Authorization</c>.</summary>
    Bearer = 1,

    /// <summary>A client certificate in the TLS handshake.</summary>
    Certificate = 2,
}

/// <summary>What a receiver is shown. It is kept sealed, and never given out.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Token">The bearer token.</param>
/// <param name="Pfx">The certificate with its key and chain as PKCS #12 without a password.</param>
/// <param name="About">For people: nothing secret.</param>
public sealed record ReceiverCredential(CredentialKind Kind, string? Token = null, byte[]? Pfx = null, string? About = null)
{
    /// <summary>Most characters of a token.</summary>
    public const int MaxToken = 4096;

    /// <summary>Most characters of a certificate as it is given.</summary>
    public const int MaxCertificate = 32 * 1024;

    /// <summary>A token, or null when it is none.</summary>
    public static ReceiverCredential? OfToken(string? token) =>
        token is { Length: >= 1 and <= MaxToken } && token.All(c => c is > ' ' and <= '~') ? new(CredentialKind.Bearer, token) : null;

    /// <summary>
    /// A certificate with its key: PEM, or PKCS #12 as base64, both with or without a password. Throws <see cref="FormatException"/> that says what is wrong and holds
    /// nothing secret.
    /// </summary>
    public static ReceiverCredential OfCertificate(string? text, string? password, Instant now)
    {
        if (text is not { Length: >= 1 and <= MaxCertificate }) throw new FormatException($"a certificate has at most {MaxCertificate} characters");
        var all = new X509Certificate2Collection();
        try
        {
            var own = text.Contains("-----BEGIN", StringComparison.Ordinal) ? ReadPem(text, password, all) : ReadPfx(text, password, all);
            var until = Instant.FromDateTimeUtc(own.NotAfter.ToUniversalTime());
            if (until <= now) throw new FormatException($"the certificate ended at {InstantPattern.General.Format(until)}");
            return new(CredentialKind.Certificate, null, all.Export(X509ContentType.Pkcs12), $"{own.Subject}, until {InstantPattern.General.Format(until)}");
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw new FormatException("the certificate is neither PEM nor PKCS #12 as base64, holds no key or several, or its password is another", wrong);
        }
        finally
        {
            foreach (var one in all) one.Dispose();
        }
    }

    /// <summary>What is sealed.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, HeldarJson.Options);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static ReceiverCredential Parse(string json) => JsonSerializer.Deserialize<ReceiverCredential>(json, HeldarJson.Options) ?? throw new JsonException("a credential must be a JSON object");

    private static X509Certificate2 ReadPem(string text, string? password, X509Certificate2Collection all)
    {
        var own = password is { Length: > 0 } ? X509Certificate2.CreateFromEncryptedPem(text, text, password) : X509Certificate2.CreateFromPem(text, text);
        all.Add(own);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(text);
        foreach (var one in chain)
            if (one.Thumbprint == own.Thumbprint) one.Dispose();
            else all.Add(one);
        return own;
    }

    private static X509Certificate2 ReadPfx(string text, string? password, X509Certificate2Collection all)
    {
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length)) throw new CryptographicException("not base64");
        all.AddRange(X509CertificateLoader.LoadPkcs12Collection(bytes.AsSpan(0, length), password, X509KeyStorageFlags.Exportable | X509KeyStorageFlags.EphemeralKeySet));
        return all.Where(c => c.HasPrivateKey).Take(2).ToList() is [var own] ? own : throw new CryptographicException("no key, or several");
    }
}
