using System.Data.Common;
using Dapper;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>A signed-in browser or program of one person.</summary>
internal sealed record Session(Guid Id, string TokenHash, Instant CreatedAt, Instant SeenAt, Instant ExpiresAt, string? Address);

/// <summary>
/// Who is signed in. The caller holds the token, the database only its hash; account and session are read with every request, so that an end, a new role or a
/// new camera scope counts at once. Thread-safe.
/// </summary>
internal sealed class Sessions(IStoreWriter store, IStoreReader reader, IClock clock)
{
    public const string Prefix = "hs_";

    /// <summary>Sessions that one person may have; a further one ends the oldest.</summary>
    public const int MaxPerUser = 20;

    /// <summary>How long a session lasts at most.</summary>
    public static readonly Duration Lifetime = Duration.FromHours(12);

    /// <summary>How long it lasts without a request.</summary>
    public static readonly Duration Idle = Duration.FromHours(1);

    /// <summary>How exactly the last request is known: one write a minute and not one per request.</summary>
    private static readonly Duration Grain = Duration.FromMinutes(1);

    /// <summary>Opens a session within the writer's transaction; answers the token, the only time it is seen.</summary>
    public static (string Token, Instant ExpiresAt) Open(DbConnection tx, Guid user, string? address, Instant now)
    {
        var token = SecretToken.Create(Prefix);
        var expires = now + Lifetime;
        tx.Execute("DELETE FROM user_session WHERE expires_ms <= @now", new { now = now.ToUnixTimeMilliseconds() });
        tx.Execute(
            "DELETE FROM user_session WHERE user_id = @user AND token_hash NOT IN (SELECT token_hash FROM user_session WHERE user_id = @user ORDER BY created_ms DESC LIMIT @keep)",
            new { user = user.ToString("D"), keep = MaxPerUser - 1 });
        tx.Execute(
            "INSERT INTO user_session (token_hash, id, user_id, created_ms, seen_ms, expires_ms, address) VALUES (@hash, @id, @user, @now, @now, @expires, @address)",
            new
            {
                hash = SecretToken.Hash(token),
                id = Guid.CreateVersion7().ToString("D"),
                user = user.ToString("D"),
                now = now.ToUnixTimeMilliseconds(),
                expires = expires.ToUnixTimeMilliseconds(),
                address,
            });
        return (token, expires);
    }

    /// <summary>Ends every session of a person, except one. Within the writer's transaction.</summary>
    public static void EndAll(DbConnection tx, Guid user, string? except = null) =>
        tx.Execute("DELETE FROM user_session WHERE user_id = @user AND token_hash <> @except", new { user = user.ToString("D"), except = except ?? "" });

    /// <summary>Who a token belongs to; null when it is malformed, unknown, ended or expired.</summary>
    public async Task<Caller?> FindAsync(string? token, CancellationToken cancellation)
    {
        if (!SecretToken.IsShaped(token, Prefix)) return null;
        var hash = SecretToken.Hash(token!);
        var now = clock.GetCurrentInstant();
        var found = await reader.ReadAsync(
            db => db.QuerySingleOrDefault<Found>(
                $"""
                SELECT {UserRows.Columns}, s.seen_ms AS Seen FROM user_session s JOIN user_account u ON u.id = s.user_id
                WHERE s.token_hash = @hash AND s.expires_ms > @now AND s.seen_ms > @idle AND u.disabled = 0
                """,
                new { hash, now = now.ToUnixTimeMilliseconds(), idle = (now - Idle).ToUnixTimeMilliseconds() }),
            cancellation);
        if (found is null) return null;
        if (now.ToUnixTimeMilliseconds() - found.Seen >= Grain.TotalMilliseconds)
        {
            await store.EnqueueAsync(
                db => db.Execute("UPDATE user_session SET seen_ms = @now WHERE token_hash = @hash", new { hash, now = now.ToUnixTimeMilliseconds() }), cancellation);
        }

        return found.ToUser().ToCaller() with { Session = hash };
    }

    /// <summary>Ends the session of a token; nothing happens when there is none.</summary>
    public Task EndAsync(string tokenHash, CancellationToken cancellation) =>
        store.EnqueueAsync(db => db.Execute("DELETE FROM user_session WHERE token_hash = @tokenHash", new { tokenHash }), cancellation);

    /// <summary>The sessions of a person, newest first.</summary>
    public Task<IReadOnlyList<Session>> OfAsync(Guid user, CancellationToken cancellation) => reader.ReadAsync(
        db => (IReadOnlyList<Session>)[.. db.Query<Row>(
            "SELECT id AS Id, token_hash AS Hash, created_ms AS Created, seen_ms AS Seen, expires_ms AS Expires, address AS Address FROM user_session WHERE user_id = @user AND expires_ms > @now ORDER BY created_ms DESC",
            new { user = user.ToString("D"), now = clock.GetCurrentInstant().ToUnixTimeMilliseconds() }).Select(r => r.ToSession())],
        cancellation);

    private sealed class Found : UserRows.Row
    {
        public long Seen { get; init; }
    }

    private sealed class Row
    {
        public string Id { get; init; } = "";

        public string Hash { get; init; } = "";

        public long Created { get; init; }

        public long Seen { get; init; }

        public long Expires { get; init; }

        public string? Address { get; init; }

        public Session ToSession() => new(
            Guid.ParseExact(Id, "D"), Hash, Instant.FromUnixTimeMilliseconds(Created), Instant.FromUnixTimeMilliseconds(Seen), Instant.FromUnixTimeMilliseconds(Expires), Address);
    }
}
