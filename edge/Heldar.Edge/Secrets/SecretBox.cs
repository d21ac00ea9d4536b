using System.Security.Cryptography;
using System.Text;

namespace Heldar.Edge.Secrets;

/// <summary>
/// Seals secrets at rest with AES-256-GCM (NIST SP 800-38D). A sealed text is <c>enc:v1:{key id}:{base64 of nonce, ciphertext, tag}</c>; purpose and
/// owner are associated data, so that a sealed text moved to another row or column does not open. Thread-safe.
/// </summary>
internal sealed class SecretBox(KeyRing ring)
{
    private const string Prefix = "enc:v1:";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Whether a text looks like something that this class sealed.</summary>
    public static bool IsSealed(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The id of the key that sealed a text, or null when nothing was sealed.</summary>
    public static string? KeyIdOf(string text) => text.Split(':') is ["enc", "v1", var keyId, _] ? keyId : null;

    /// <param name="secret">What to hide.</param>
    /// <param name="owner">Purpose and owner, for example <c>camera/{uid}/password</c>.</param>
    public string Seal(Secret secret, string owner)
    {
        var plain = Encoding.UTF8.GetBytes(secret.Reveal());
        var box = new byte[NonceBytes + plain.Length + TagBytes];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(ring.Active.Bytes.AsSpan(), TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes, plain.Length), box.AsSpan(NonceBytes + plain.Length), Encoding.UTF8.GetBytes(owner));
        CryptographicOperations.ZeroMemory(plain);
        return $"{Prefix}{ring.Active.Id}:{Convert.ToBase64String(box)}";
    }

    /// <summary>Opens a sealed text. Throws <see cref="CryptographicException"/> when it is damaged, of an unknown key or of another owner.</summary>
    public Secret Unseal(string text, string owner)
    {
        if (text.Split(':') is not ["enc", "v1", var keyId, var content]) throw new CryptographicException("not a sealed secret");
        if (ring.Find(keyId) is not { } key) throw new CryptographicException($"sealed with key {keyId}, which secrets.key does not hold");
        var box = new byte[content.Length];
        if (!Convert.TryFromBase64String(content, box, out var length) || length < NonceBytes + TagBytes) throw new CryptographicException("a sealed secret is damaged");
        var plain = new byte[length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key.Bytes.AsSpan(), TagBytes);
        aes.Decrypt(box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes, plain.Length), box.AsSpan(length - TagBytes, TagBytes), plain, Encoding.UTF8.GetBytes(owner));
        return new Secret(Encoding.UTF8.GetString(plain));
    }
}
