using System.Collections.Frozen;
using System.Diagnostics;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Secrets;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>What a new key shall be.</summary>
internal sealed record ApiKeyWish(string Name, BoxRole? Role)
{
    public IReadOnlyList<string>? Capabilities { get; init; }

    public IReadOnlyList<string>? Cameras { get; init; }

    public Instant? ExpiresAt { get; init; }
}

/// <summary>
/// The keys of one data folder, in <c>api-keys.json</c>: a file and not the database, so that a box whose database is lost still lets its people in, and so
/// that <c>heldar-edge keys</c> works beside a running box. Looking a key up takes neither a lock nor a look at the disk; another process's change is seen
/// within a second, a new key of his at once. A damaged file changes nothing: the keys that are known go on working, and nobody overwrites it. Keys have
/// 256 random bits, so a plain hash is enough to keep them. Thread-safe.
/// </summary>
internal sealed partial class ApiKeys(string dataFolder, IClock clock, ILogger<ApiKeys>? log = null)
{
    public const string Prefix = "hk_";
    private const int MaxFileBytes = 1024 * 1024;

    /// <summary>Most keys of a box, revoked ones included; the oldest revoked one makes room.</summary>
    public const int MaxKeys = 1000;
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(10);
    private readonly string _file = Path.Combine(dataFolder, "api-keys.json");
    private readonly ILogger _log = log ?? NullLogger<ApiKeys>.Instance;
    private readonly Lock _lock = new();
    private volatile State _state = new(default, [], FrozenDictionary<string, Known>.Empty);
    private long _checkedAt = -10_000;
    private bool _damaged;

    /// <summary>All keys, revoked ones too, oldest first.</summary>
    public IReadOnlyList<ApiKey> All => Refresh().Keys;

    /// <summary>Whether any key was ever made. A file that cannot be read counts: who knows what it holds.</summary>
    public bool Any() => Refresh().Keys.Count > 0 || _damaged;

    /// <summary>The caller behind a key's text, or null.</summary>
    public Caller? Find(string text)
    {
        if (!SecretToken.IsShaped(text, Prefix)) return null;
        var hash = SecretToken.Hash(text);
        if (!Recent().ByHash.TryGetValue(hash, out var known) && !Refresh().ByHash.TryGetValue(hash, out known)) return null;
        return known.ExpiresAt is { } end && end <= clock.GetCurrentInstant() ? null : known.Caller;
    }

    /// <summary>The caller that a key's id names; null when the key is revoked, expired or unknown.</summary>
    public Caller? Find(Guid id) =>
        Recent().Keys.FirstOrDefault(k => k.Id == id && k.Works) is { } key && !(key.ExpiresAt <= clock.GetCurrentInstant()) ? key.ToCaller() : null;

    /// <summary>Makes a key with a role, keeps its hash and returns its text: the only time it is seen.</summary>
    public string Add(string name, BoxRole role) => Add(new ApiKeyWish(name, role)).Text;

    /// <summary>Makes a key, keeps its hash and returns its text: the only time it is seen.</summary>
    /// <exception cref="ArgumentException">The wish makes no sense.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxKeys"/> already.</exception>
    /// <exception cref="InvalidDataException">The file is damaged; it is left as it is.</exception>
    public (ApiKey Key, string Text) Add(ApiKeyWish wish)
    {
        if (ApiKeyRules.Mistake(wish, clock.GetCurrentInstant()) is { } mistake) throw new ArgumentException(mistake, nameof(wish));
        var text = SecretToken.Create(Prefix);
        var key = new ApiKey(Guid.CreateVersion7(), wish.Name, SecretToken.Hash(text), clock.GetCurrentInstant())
        {
            Role = wish.Role,
            Capabilities = wish.Capabilities,
            Cameras = wish.Cameras,
            ExpiresAt = wish.ExpiresAt,
        };
        Change(keys =>
        {
            if (keys.Count >= MaxKeys && keys.FindIndex(k => !k.Works) is var oldest)
            {
                if (oldest < 0) throw new InvalidOperationException($"there are {MaxKeys} keys already");
                keys.RemoveAt(oldest);
            }

            keys.Add(key);
        });
        return (key, text);
    }

    /// <summary>Changes a key that is not revoked; null when there is none.</summary>
    public ApiKey? Change(Guid id, Func<ApiKey, ApiKey> change)
    {
        ApiKey? after = null;
        Change(keys =>
        {
            var at = keys.FindIndex(k => k.Id == id && k.Works);
            if (at >= 0) keys[at] = after = change(keys[at]);
        });
        return after;
    }

    /// <summary>Ends a key for good; null when there is none that works.</summary>
    public ApiKey? Revoke(Guid id) => Change(id, k => k with { RevokedAt = clock.GetCurrentInstant(), Sha256 = $"revoked:{k.Id:D}" });

    private void Change(Action<List<ApiKey>> change)
    {
        lock (_lock)
        {
            using var guard = WaitForFile();
            var keys = File.Exists(_file) ? Read() : [];
            change(keys);
            KeyFile.Write(_file, JsonSerializer.SerializeToUtf8Bytes(keys.OrderBy(k => k.CreatedAt), HeldarJson.Options));
            Load(Seen());
        }
    }

    /// <summary>What the file said at most a second ago.</summary>
    private State Recent() => Environment.TickCount64 - Volatile.Read(ref _checkedAt) < 1000 ? _state : Refresh();

    private State Refresh()
    {
        var seen = Seen();
        if (seen != _state.Seen)
        {
            lock (_lock)
            {
                if (seen != _state.Seen) Load(seen);
            }
        }

        Volatile.Write(ref _checkedAt, Environment.TickCount64);
        return _state;
    }

    private (DateTime Written, long Length) Seen()
    {
        var info = new FileInfo(_file);
        return info.Exists ? (info.LastWriteTimeUtc, info.Length) : default;
    }

    private void Load((DateTime Written, long Length) seen)
    {
        try
        {
            var keys = seen == default ? [] : Read();
            var works = keys.Where(k => k.Works).ToDictionary(k => k.Sha256, k => new Known(k.ToCaller(), k.ExpiresAt), StringComparer.Ordinal);
            _state = new State(seen, keys, works.ToFrozenDictionary(StringComparer.Ordinal));
            _damaged = false;
            LogRead(works.Count);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // What is known stays; the file is looked at again when it has changed.
            _state = _state with { Seen = seen };
            _damaged = true;
            LogDamaged(e.Message);
        }
    }

    private List<ApiKey> Read()
    {
        try
        {
            var keys = JsonSerializer.Deserialize<List<ApiKey>>(KeyFile.Read(_file, MaxFileBytes), HeldarJson.Options) ?? [];
            return keys.Count <= MaxKeys && keys.TrueForAll(k => k is not null) && keys.DistinctBy(k => k.Sha256, StringComparer.Ordinal).Count() == keys.Count
                ? keys
                : throw new InvalidDataException($"{_file} holds an empty entry, a key twice, or more than {MaxKeys}");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"{_file} is damaged; put a good copy back, or remove it and make new keys", e);
        }
    }

    private FileStream WaitForFile()
    {
        var began = Stopwatch.GetTimestamp();
        using var pause = new ManualResetEventSlim(false);
        while (true)
        {
            try
            {
                return new FileStream(_file + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(began) < LockTimeout)
            {
                pause.Wait(10);
            }
        }
    }

    private sealed record Known(Caller Caller, Instant? ExpiresAt);

    private sealed record State((DateTime Written, long Length) Seen, IReadOnlyList<ApiKey> Keys, FrozenDictionary<string, Known> ByHash);
}
