using System.Security.Cryptography;
using System.Text;

namespace Heldar.Edge.Secrets;

/// <summary>
/// Seals secrets at rest with AES-256-GCM (NIST SP 800-38D). A sealed text is <c>enc:v1:{key id}:{base64 of nonce, ciphertext, tag}</c>; what the
/// secret belongs to is associated data, so that a sealed text moved to another row does not open. Thread-safe.
/// </summary>
internal sealed class SecretBox
{
    private const string Prefix = "enc:v1:";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly byte[] _key;
    private readonly string _keyId;

    public SecretBox(byte[] key)
    {
        if (key.Length != 32) throw new ArgumentException("the key must have 32 bytes", nameof(key));
        _key = key;
        _keyId = Convert.ToHexStringLower(SHA256.HashData(key))[..8];
    }

    /// <summary>Opens the key of a data folder, making it on the first start.</summary>
    public static SecretBox Open(string dataFolder) => new(KeyFile.ReadOrCreate(Path.Combine(dataFolder, "secrets.key"), 32));

    /// <summary>Whether a text looks like something that this class sealed.</summary>
    public static bool IsSealed(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <param name="secret">What to hide.</param>
    /// <param name="owner">What it belongs to, for example <c>camera/{uid}/password</c>.</param>
    public string Seal(Secret secret, string owner)
    {
        var plain = Encoding.UTF8.GetBytes(secret.Reveal());
        var box = new byte[NonceBytes + plain.Length + TagBytes];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes, plain.Length), box.AsSpan(NonceBytes + plain.Length), Encoding.UTF8.GetBytes(owner));
        return $"{Prefix}{_keyId}:{Convert.ToBase64String(box)}";
    }

    /// <summary>Opens a sealed text. Throws <see cref="CryptographicException"/> when it is damaged, of another key or of another owner.</summary>
    public Secret Unseal(string text, string owner)
    {
        var parts = text.Split(':');
        if (parts is not ["enc", "v1", var keyId, var content]) throw new CryptographicException("not a sealed secret");
        if (keyId != _keyId) throw new CryptographicException($"sealed with key {keyId}, but secrets.key is {_keyId}");
        var box = new byte[content.Length];
        if (!Convert.TryFromBase64String(content, box, out var length) || length < NonceBytes + TagBytes) throw new CryptographicException("a sealed secret is damaged");
        var plain = new byte[length - NonceBytes - TagBytes];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes, plain.Length), box.AsSpan(length - TagBytes, TagBytes), plain, Encoding.UTF8.GetBytes(owner));
        return new Secret(Encoding.UTF8.GetString(plain));
    }
}
