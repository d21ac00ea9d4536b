using System.Collections.Concurrent;
using Dapper;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>When each key was last used, to the minute: one write a minute and key, not one per request. Thread-safe.</summary>
internal sealed partial class ApiKeyUse(IStoreWriter store, IStoreReader reader, IClock clock, ILogger<ApiKeyUse> log)
{
    private static readonly long Grain = (long)Duration.FromMinutes(1).TotalMilliseconds;
    private readonly ConcurrentDictionary<Guid, long> _written = new();

    /// <summary>Notes a use. A database that fails keeps nobody out.</summary>
    public async ValueTask StampAsync(Guid key, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant().ToUnixTimeMilliseconds();
        var last = _written.GetValueOrDefault(key, long.MinValue / 2);
        if (Math.Abs(now - last) < Grain || !(last < 0 ? _written.TryAdd(key, now) : _written.TryUpdate(key, now, last))) return;
        try
        {
            await store.EnqueueAsync(
                db => db.Execute("INSERT INTO api_key_use (id, used_ms) VALUES (@id, @now) ON CONFLICT (id) DO UPDATE SET used_ms = excluded.used_ms", new { id = key.ToString("D"), now }), cancellation);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or ObjectDisposedException)
        {
            LogUnwritten(e);
        }
    }

    /// <summary>Last use by key.</summary>
    public Task<IReadOnlyDictionary<Guid, Instant>> AllAsync(CancellationToken cancellation) => reader.ReadAsync(
        db => (IReadOnlyDictionary<Guid, Instant>)db.Query<Row>("SELECT id AS Id, used_ms AS Used FROM api_key_use")
            .ToDictionary(r => Guid.ParseExact(r.Id, "D"), r => Instant.FromUnixTimeMilliseconds(r.Used)),
        cancellation);

    [LoggerMessage(3403, LogLevel.Warning, "The last use of an API key was not kept")]
    private partial void LogUnwritten(Exception error);

    private sealed class Row
    {
        public string Id { get; init; } = "";

        public long Used { get; init; }
    }
}
