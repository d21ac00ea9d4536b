using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using Heldar.Edge.Audit;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>
/// The second factor of a person: codes from an app, each step once, and ten recovery codes, each once. The app's secret is sealed, of recovery codes only
/// hashes are kept. Thread-safe.
/// </summary>
internal sealed class SecondFactor(SecretBox secrets, BoxSettings settings, IStoreWriter store, IAuditLog audit, IClock clock)
{
    public const int RecoveryCodes = 10;

    /// <summary>Where the sealed secrets are kept.</summary>
    public static SealedColumn Column { get; } = new("user_account", "id", "totp_secret", Owner);

    /// <summary>Makes a new secret that counts once a code of it is confirmed; null when a second factor is on already.</summary>
    public async Task<(string Secret, string Address)?> StartAsync(Guid id, CancellationToken cancellation)
    {
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretBytes);
        var text = Convert.ToBase64String(secret);
        var name = "";
        await store.EnqueueAsync(
            db =>
            {
                if (UserRows.Find(db, id) is not { TotpOn: false } user) return;
                UserRows.Put(db, user with { TotpSecret = secrets.Seal(new Secret(text), Owner($"{id:D}")), TotpStep = 0 });
                name = user.Name;
            },
            cancellation);
        return name.Length == 0 ? null : (Totp.ToBase32(secret), Totp.Address($"Heldar {settings.Name}", name, secret));
    }

    /// <summary>Turns the second factor on with a code of the new secret; answers the recovery codes, the only time they are seen. Null when the code is wrong.</summary>
    public async Task<IReadOnlyList<string>?> ConfirmAsync(Guid id, string code, string? session, AuditActor actor, CancellationToken cancellation)
    {
        IReadOnlyList<string> codes = [.. Enumerable.Range(0, RecoveryCodes).Select(_ => SecretToken.CreateCode())];
        var done = false;
        await store.EnqueueAsync(
            db =>
            {
                if (UserRows.Find(db, id) is not { TotpOn: false, TotpSecret: not null } user || Match(user, code) is not { } step) return;
                UserRows.Put(db, user with { TotpOn = true, TotpStep = step });
                db.Execute("DELETE FROM user_recovery_code WHERE user_id = @id", new { id = id.ToString("D") });
                foreach (var one in codes) db.Execute("INSERT INTO user_recovery_code (user_id, hash) VALUES (@id, @hash)", new { id = id.ToString("D"), hash = SecretToken.HashCode(one) });
                Sessions.EndAll(db, id, session);
                audit.Append(db, new AuditEntry(actor, "user.second_factor_on", user.Name));
                done = true;
            },
            cancellation);
        return done ? codes : null;
    }

    /// <summary>Turns the second factor off.</summary>
    public Task OffAsync(Guid id, AuditActor actor, CancellationToken cancellation) => store.EnqueueAsync(
        db =>
        {
            if (UserRows.Find(db, id) is not { } user) return;
            UserRows.Put(db, user with { TotpOn = false, TotpSecret = null, TotpStep = 0 });
            db.Execute("DELETE FROM user_recovery_code WHERE user_id = @id", new { id = id.ToString("D") });
            audit.Append(db, new AuditEntry(actor, "user.second_factor_off", user.Name));
        },
        cancellation);

    /// <summary>Within the writer's transaction: uses a code up, and answers the account as it is then; null when the code fits nothing.</summary>
    public User? Use(DbConnection tx, User user, string code)
    {
        if (Match(user, code) is { } step) return user with { TotpStep = step };
        return SecretToken.HashCode(code) is { } hash && tx.Execute("DELETE FROM user_recovery_code WHERE user_id = @id AND hash = @hash", new { id = user.Id.ToString("D"), hash }) == 1
            ? user
            : null;
    }

    /// <summary>Associated data of an account's sealed secret.</summary>
    private static string Owner(string user) => $"user/{user}/totp";

    private long? Match(User user, string code)
    {
        if (user.TotpSecret is null || code.Length != 6) return null;
        try
        {
            return Totp.Match(Convert.FromBase64String(secrets.Unseal(user.TotpSecret, Owner($"{user.Id:D}")).Reveal()), code, clock.GetCurrentInstant(), user.TotpStep);
        }
        catch (CryptographicException)
        {
            // The key of the secrets is lost: recovery codes still work, and an admin can turn the second factor off.
            return null;
        }
    }
}
