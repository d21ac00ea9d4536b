using System.Security.Cryptography;
using System.Text;

namespace Heldar.Cloud.Secrets;

/// <summary>
/// Seals secrets of the database with AES-256-GCM (NIST SP 800-38D). A sealed text is <c>enc:v1:{key id}:{base64 of nonce, ciphertext, tag}</c>; purpose and owner are
/// associated data, so that a text moved to another row or column does not open. Fleet and functions share the keys. Immutable; thread-safe.
/// </summary>
public sealed class SecretBox
{
    /// <summary>Environment variable of the keys: each 32 bytes as base64, separated by commas. The first seals, all of them open.</summary>
    public const string Variable = "HELDAR_SECRET_KEYS";

    /// <summary>Most keys.</summary>
    public const int MaxKeys = 8;

    private const string Prefix = "enc:v1:";
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly (string Id, byte[] Key)[] _keys;

    private SecretBox((string Id, byte[] Key)[] keys) => _keys = keys;

    /// <summary>One without keys: it neither seals nor opens.</summary>
    public static SecretBox None { get; } = new([]);

    /// <summary>Whether there is a key.</summary>
    public bool CanSeal => _keys.Length > 0;

    /// <summary>Reads the variable; null or empty is <see cref="None"/>. The mistake says what is wrong and never holds a key.</summary>
    public static SecretBox Parse(string? text, out string? mistake)
    {
        mistake = null;
        if (string.IsNullOrWhiteSpace(text)) return None;
        List<(string Id, byte[] Key)> keys = [];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var bytes = new byte[part.Length];
            if (!Convert.TryFromBase64String(part, bytes, out var length) || length != KeyBytes) mistake = $"{Variable}: key {keys.Count + 1} is not {KeyBytes} bytes as base64; make one with: openssl rand -base64 {KeyBytes}";
            if (mistake is not null) return None;
            keys.Add((Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, length)))[..8], bytes[..length]));
        }

        if (keys.Count > MaxKeys || keys.DistinctBy(k => k.Id).Count() != keys.Count) mistake = $"{Variable}: give 1 to {MaxKeys} different keys";
        return mistake is null ? new([.. keys]) : None;
    }

    /// <summary>Whether the first key sealed a text: then there is nothing to do after a change of keys.</summary>
    public bool IsCurrent(string text) => CanSeal && text.StartsWith($"{Prefix}{_keys[0].Id}:", StringComparison.Ordinal);

    /// <summary>Seals a text.</summary>
    /// <param name="plain">What to hide.</param>
    /// <param name="owner">Purpose and owner, for example <c>webhook/main/0198…/secrets</c>.</param>
    /// <exception cref="InvalidOperationException">There is no key.</exception>
    public string Seal(string plain, string owner)
    {
        if (!CanSeal) throw new InvalidOperationException($"{Variable} is not set");
        var bytes = Encoding.UTF8.GetBytes(plain);
        var box = new byte[NonceBytes + bytes.Length + TagBytes];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(_keys[0].Key, TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), bytes, box.AsSpan(NonceBytes, bytes.Length), box.AsSpan(NonceBytes + bytes.Length), Encoding.UTF8.GetBytes(owner));
        CryptographicOperations.ZeroMemory(bytes);
        return $"{Prefix}{_keys[0].Id}:{Convert.ToBase64String(box)}";
    }

    /// <summary>Opens a sealed text. Throws <see cref="CryptographicException"/> when it is damaged, of a key that is not here or of another owner.</summary>
    public string Open(string text, string owner)
    {
        if (text.Split(':') is not ["enc", "v1", var id, var content]) throw new CryptographicException("not a sealed secret");
        if (_keys.FirstOrDefault(k => k.Id == id).Key is not { } key) throw new CryptographicException($"sealed with key {id}, which {Variable} does not hold");
        var box = new byte[content.Length];
        if (!Convert.TryFromBase64String(content, box, out var length) || length < NonceBytes + TagBytes) throw new CryptographicException("a sealed secret is damaged");
        var plain = new byte[length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes, plain.Length), box.AsSpan(length - TagBytes, TagBytes), plain, Encoding.UTF8.GetBytes(owner));
        return Encoding.UTF8.GetString(plain);
    }
}
