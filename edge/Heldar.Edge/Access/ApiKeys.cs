using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Secrets;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>A machine key as it is kept: never the key itself.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Sha256">SHA-256 of the key's text, lower-case hex.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record ApiKey(Guid Id, string Name, BoxRole Role, string Sha256, Instant CreatedAt);

/// <summary>
/// The keys of one data folder, in <c>api-keys.json</c>. The file is read again when it has changed, so that <c>heldar-edge keys add</c> works
/// beside a running box. Keys have 256 random bits, so a plain hash is enough to keep them. Thread-safe.
/// </summary>
internal sealed class ApiKeys(string dataFolder, IClock clock)
{
    public const string Prefix = "hk_";
    private const int MaxFileBytes = 1024 * 1024;
    private const int MaxKeys = 1000;
    private readonly string _file = Path.Combine(dataFolder, "api-keys.json");
    private readonly Lock _lock = new();
    private (DateTime Written, long Length) _seen;
    private ImmutableDictionary<string, ApiKey> _byHash = ImmutableDictionary<string, ApiKey>.Empty;

    /// <summary>Makes a key, keeps its hash and returns its text: the only time it is seen.</summary>
    public string Add(string name, BoxRole role)
    {
        if (name.Length is 0 or > 100) throw new ArgumentException("a key's name has 1 to 100 characters", nameof(name));
        lock (_lock)
        {
            using var guard = WaitForFile();
            Reload();
            if (_byHash.Count >= MaxKeys) throw new InvalidOperationException($"there are {MaxKeys} keys already");
            var text = Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
            var key = new ApiKey(Guid.CreateVersion7(), name, role, Hash(text), clock.GetCurrentInstant());
            KeyFile.Write(_file, JsonSerializer.SerializeToUtf8Bytes(_byHash.Values.Append(key).OrderBy(k => k.CreatedAt), HeldarJson.Options));
            Reload();
            return text;
        }
    }

    /// <summary>Whether any key exists.</summary>
    public bool Any()
    {
        lock (_lock)
        {
            Reload();
            return !_byHash.IsEmpty;
        }
    }

    /// <summary>The key that a caller shows, or null.</summary>
    public ApiKey? Find(string text)
    {
        if (text.Length > 200 || !text.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        lock (_lock)
        {
            Reload();
            return _byHash.GetValueOrDefault(Hash(text));
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private void Reload()
    {
        var info = new FileInfo(_file);
        if (!info.Exists)
        {
            _byHash = _byHash.Clear();
            return;
        }

        var now = (info.LastWriteTimeUtc, info.Length);
        if (now == _seen) return;
        var keys = JsonSerializer.Deserialize<List<ApiKey>>(KeyFile.Read(_file, MaxFileBytes), HeldarJson.Options) ?? [];
        _byHash = keys.ToImmutableDictionary(k => k.Sha256, StringComparer.Ordinal);
        _seen = now;
    }

    private FileStream WaitForFile()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(_file + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 20_000)
            {
                Thread.Yield();
            }
        }
    }
}
