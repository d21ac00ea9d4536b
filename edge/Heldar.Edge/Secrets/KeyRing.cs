using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Heldar.Edge.Secrets;

/// <summary>One key of a ring.</summary>
/// <param name="Id">First eight hexadecimal digits of the key's SHA-256; it stands in every text that the key sealed.</param>
/// <param name="Bytes">32 bytes for AES-256.</param>
internal sealed record SecretKey(string Id, ImmutableArray<byte> Bytes)
{
    public const int Length = 32;

    public static SecretKey New() => Of(RandomNumberGenerator.GetBytes(Length));

    public static SecretKey Of(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Length ? new(Convert.ToHexStringLower(SHA256.HashData(bytes))[..8], [.. bytes]) : throw new ArgumentException($"a key has {Length} bytes", nameof(bytes));
}

/// <summary>
/// The keys of a data folder: new secrets are sealed with the first, the others still open what they sealed. Immutable. On disk it is JSON
/// (<c>{"version":1,"keys":[{"id","key"}, …]}</c>, active key first); 32 bare bytes are a ring of one key.
/// </summary>
internal sealed class KeyRing
{
    /// <summary>Most keys of one ring; more means that <c>secrets rekey</c> was never run.</summary>
    public const int MaxKeys = 16;

    /// <summary>Largest file of a ring in bytes.</summary>
    public const int MaxFileBytes = 16 * 1024;

    private const int Version = 1;

    public KeyRing(IEnumerable<SecretKey> keys)
    {
        Keys = [.. keys];
        if (Keys.Length is 0 or > MaxKeys) throw new ArgumentException($"a ring has 1 to {MaxKeys} keys", nameof(keys));
        if (Keys.DistinctBy(k => k.Id).Count() != Keys.Length) throw new ArgumentException("a key is in the ring twice", nameof(keys));
    }

    /// <summary>Active key first.</summary>
    public ImmutableArray<SecretKey> Keys { get; }

    public SecretKey Active => Keys[0];

    public SecretKey? Find(string id) => Keys.FirstOrDefault(k => k.Id == id);

    /// <summary>The same keys with another active one.</summary>
    public KeyRing With(SecretKey active) => new([active, .. Keys.Where(k => k.Id != active.Id)]);

    /// <summary>Only the active key.</summary>
    public KeyRing OnlyActive() => new([Active]);

    /// <exception cref="FormatException">Not a ring of this version; the message says why and holds no key.</exception>
    public static KeyRing Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length == SecretKey.Length) return new KeyRing([SecretKey.Of(file)]);
        try
        {
            var ring = JsonSerializer.Deserialize<FileForm>(file, JsonSerializerOptions.Web) ?? throw new FormatException("it is empty");
            if (ring.Version != Version) throw new FormatException($"it is of version {ring.Version}; this program knows version {Version}");
            var keys = (ring.Keys ?? []).Select(k => (k.Id, Key: SecretKey.Of(Convert.FromBase64String(k.Key ?? "")))).ToList();
            if (keys.Any(k => k.Id != k.Key.Id)) throw new FormatException("a key does not fit its id: the file is damaged");
            return new KeyRing(keys.Select(k => k.Key));
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new FormatException($"it is neither {SecretKey.Length} bytes nor a key ring: the file is damaged", e);
        }
    }

    public byte[] ToFile() => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(
        new FileForm(Version, [.. Keys.Select(k => new KeyForm(k.Id, Convert.ToBase64String(k.Bytes.AsSpan())))]), JsonSerializerOptions.Web));

    private sealed record FileForm(int Version, KeyForm[]? Keys);

    private sealed record KeyForm(string? Id, string? Key);
}
