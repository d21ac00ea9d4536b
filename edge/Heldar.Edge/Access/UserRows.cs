using System.Data.Common;
using System.Text.Json;
using Dapper;
using Heldar.Contracts;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>The table of accounts. Writing only on the store's writer thread.</summary>
internal static class UserRows
{
    internal const string Columns =
        """
        u.id AS Id, u.name AS Name, u.role AS Role, u.cameras AS Cameras, u.password_hash AS PasswordHash, u.disabled AS Disabled, u.created_ms AS Created,
        u.signed_in_ms AS SignedIn, u.failures AS Failures, u.locked_until_ms AS LockedUntil, u.totp_secret AS TotpSecret, u.totp_on AS TotpOn, u.totp_step AS TotpStep
        """;

    public static bool Any(DbConnection db) => db.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM user_account)") != 0;

    public static long Count(DbConnection db) => db.ExecuteScalar<long>("SELECT COUNT(*) FROM user_account");

    public static IReadOnlyList<User> All(DbConnection db) => [.. db.Query<Row>($"SELECT {Columns} FROM user_account u ORDER BY u.name_key").Select(r => r.ToUser())];

    public static User? Find(DbConnection db, Guid id) => db.QuerySingleOrDefault<Row>($"SELECT {Columns} FROM user_account u WHERE u.id = @id", new { id = id.ToString("D") })?.ToUser();

    public static User? FindByName(DbConnection db, string name) =>
        db.QuerySingleOrDefault<Row>($"SELECT {Columns} FROM user_account u WHERE u.name_key = @key", new { key = UserNames.Key(name) })?.ToUser();

    /// <summary>Whether somebody other than this one could still manage access.</summary>
    public static bool HasOtherAdmin(DbConnection db, Guid id) =>
        db.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM user_account WHERE role = 'admin' AND disabled = 0 AND id <> @id)", new { id = id.ToString("D") }) != 0;

    public static void Put(DbConnection db, User u) => db.Execute(
        """
        INSERT INTO user_account (id, name, name_key, role, cameras, password_hash, disabled, created_ms, signed_in_ms, failures, locked_until_ms, totp_secret, totp_on, totp_step)
        VALUES (@id, @name, @key, @role, @cameras, @password, @disabled, @created, @signedIn, @failures, @locked, @secret, @totpOn, @step)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, role = excluded.role, cameras = excluded.cameras,
          password_hash = excluded.password_hash, disabled = excluded.disabled, signed_in_ms = excluded.signed_in_ms, failures = excluded.failures,
          locked_until_ms = excluded.locked_until_ms, totp_secret = excluded.totp_secret, totp_on = excluded.totp_on, totp_step = excluded.totp_step
        """,
        new
        {
            id = u.Id.ToString("D"),
            name = u.Name,
            key = UserNames.Key(u.Name),
            role = WordOf(u.Role),
            cameras = u.Cameras is null ? null : JsonSerializer.Serialize(u.Cameras, HeldarJson.Options),
            password = u.PasswordHash,
            disabled = u.Disabled ? 1 : 0,
            created = u.CreatedAt.ToUnixTimeMilliseconds(),
            signedIn = u.SignedInAt?.ToUnixTimeMilliseconds(),
            failures = u.Failures,
            locked = u.LockedUntil.ToUnixTimeMilliseconds(),
            secret = u.TotpSecret,
            totpOn = u.TotpOn ? 1 : 0,
            step = u.TotpStep,
        });

    /// <summary>Writes a page without a change: a try that is not counted takes as long as one that is.</summary>
    public static void Touch(DbConnection db) => db.Execute("UPDATE user_account SET failures = failures WHERE id = (SELECT id FROM user_account LIMIT 1)");

    public static void Remove(DbConnection db, Guid id) => db.Execute("DELETE FROM user_account WHERE id = @id", new { id = id.ToString("D") });

    internal class Row
    {
        public string Id { get; init; } = "";

        public string Name { get; init; } = "";

        public string Role { get; init; } = "";

        public string? Cameras { get; init; }

        public string PasswordHash { get; init; } = "";

        public long Disabled { get; init; }

        public long Created { get; init; }

        public long? SignedIn { get; init; }

        public long Failures { get; init; }

        public long LockedUntil { get; init; }

        public string? TotpSecret { get; init; }

        public long TotpOn { get; init; }

        public long TotpStep { get; init; }

        public User ToUser() => new(
            Guid.ParseExact(Id, "D"), Name, Enum.Parse<BoxRole>(Role, ignoreCase: true), Cameras is null ? null : JsonSerializer.Deserialize<List<string>>(Cameras, HeldarJson.Options),
            Disabled != 0, Instant.FromUnixTimeMilliseconds(Created))
        {
            PasswordHash = PasswordHash,
            SignedInAt = SignedIn is { } at ? Instant.FromUnixTimeMilliseconds(at) : null,
            Failures = (int)Failures,
            LockedUntil = Instant.FromUnixTimeMilliseconds(LockedUntil),
            TotpSecret = TotpSecret,
            TotpOn = TotpOn != 0,
            TotpStep = TotpStep,
        };
    }

    private static string WordOf(BoxRole role) => role.ToString().ToLowerInvariant();
}
