using System.Data.Common;
using Heldar.Edge.Audit;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>What became of a try to sign in.</summary>
internal enum SignInOutcome
{
    Done,

    /// <summary>Wrong name, wrong password, wrong code, locked or disabled: nothing tells which.</summary>
    Refused,

    /// <summary>The password is right; a code of the second factor is missing.</summary>
    CodeNeeded,

    /// <summary>Too many try at once.</summary>
    Busy,
}

/// <summary>A try to sign in. With <see cref="SignInOutcome.Done"/>, the token of the new session, the only time it is seen.</summary>
internal sealed record SignInResult(SignInOutcome Outcome, User? User = null, string Token = "", Instant ExpiresAt = default);

/// <summary>
/// Signing in. A wrong name and a wrong password cost the same work and get the same answer. Whether an account is locked is asked, and the try is counted, in
/// one transaction after the work: of many tries at once only as many are judged as may fail. Thread-safe.
/// </summary>
internal sealed class SignIn(IStoreWriter store, IStoreReader reader, PasswordWork passwords, SecondFactor factor, IAuditLog audit, FailureNotes failures, IClock clock)
{
    /// <summary>Wrong passwords and codes in a row that lock an account.</summary>
    public const int MaxFailures = 5;

    /// <summary>How long it stays locked.</summary>
    public static readonly Duration LockOut = Duration.FromMinutes(15);

    /// <summary>Checks name, password and code, and opens a session.</summary>
    public async Task<SignInResult> EnterAsync(string? typed, string password, string? code, string? address, CancellationToken cancellation)
    {
        var name = UserNames.Read(typed);
        var seen = name is null ? null : await reader.ReadAsync(db => UserRows.FindByName(db, name), cancellation);
        if (await passwords.VerifyAsync(seen?.PasswordHash, password, cancellation) is not { } right) return new SignInResult(SignInOutcome.Busy);
        var result = new SignInResult(SignInOutcome.Refused);
        await store.EnqueueAsync(
            db =>
            {
                if (seen is null)
                {
                    UserRows.Touch(db);
                }
                else
                {
                    var (outcome, user) = Judge(db, seen, right, code);
                    result = outcome == SignInOutcome.Done ? Open(db, user, address) : new SignInResult(outcome);
                }
            },
            cancellation);

        if (result.Outcome == SignInOutcome.Refused) await failures.AppendAsync(new AuditActor(AuditActors.Nobody, address), "user.sign_in_refused", name ?? "(no name)", cancellation);
        return result;
    }

    /// <summary>Opens a session for a person who has shown who he is; on the writer's thread.</summary>
    private SignInResult Open(DbConnection db, User user, string? address)
    {
        var now = clock.GetCurrentInstant();
        UserRows.Put(db, user with { SignedInAt = now });
        var (token, expires) = Sessions.Open(db, user.Id, address, now);
        audit.Append(db, new AuditEntry(new AuditActor($"user:{user.Name}", address), "user.signed_in", user.Name));
        return new SignInResult(SignInOutcome.Done, user, token, expires);
    }

    /// <summary>Opens a session for a person who has just shown who he is.</summary>
    public async Task<SignInResult> OpenAsync(Guid id, string? address, CancellationToken cancellation)
    {
        var result = new SignInResult(SignInOutcome.Refused);
        await store.EnqueueAsync(
            db =>
            {
                if (UserRows.Find(db, id) is { Disabled: false } user) result = Open(db, user, address);
            },
            cancellation);
        return result;
    }

    /// <summary>Whether the person who is signed in, from an address, knows the password; wrong ones count and lock like those of a sign-in.</summary>
    public async Task<SignInOutcome> ConfirmAsync(Guid id, string password, string? address, CancellationToken cancellation)
    {
        var seen = await reader.ReadAsync(db => UserRows.Find(db, id), cancellation);
        if (await passwords.VerifyAsync(seen?.PasswordHash, password, cancellation) is not { } right) return SignInOutcome.Busy;
        if (seen is null) return SignInOutcome.Refused;
        var outcome = SignInOutcome.Refused;
        await store.EnqueueAsync(db => outcome = Judge(db, seen with { TotpOn = false }, right, null, askCode: false).Outcome, cancellation);
        if (outcome == SignInOutcome.Refused) await failures.AppendAsync(new AuditActor($"user:{seen.Name}", address), "user.password_refused", seen.Name, cancellation);
        return outcome;
    }

    /// <summary>Judges and counts a try whose password was compared with what was read before; on the writer's thread.</summary>
    private (SignInOutcome Outcome, User User) Judge(DbConnection db, User seen, bool right, string? code, bool askCode = true)
    {
        var now = clock.GetCurrentInstant();
        if (UserRows.Find(db, seen.Id) is not { Disabled: false } user || user.PasswordHash != seen.PasswordHash || user.LockedUntil > now)
        {
            UserRows.Touch(db);
            return (SignInOutcome.Refused, seen);
        }

        if (right && askCode && user.TotpOn)
        {
            if (string.IsNullOrEmpty(code)) return (SignInOutcome.CodeNeeded, user);
            if (factor.Use(db, user, code) is { } used) user = used;
            else right = false;
        }

        var locks = !right && user.Failures + 1 >= MaxFailures;
        user = user with { Failures = right || locks ? 0 : user.Failures + 1, LockedUntil = locks ? now + LockOut : default };
        UserRows.Put(db, user);
        if (locks) audit.Append(db, new AuditEntry(AuditActors.Box, "user.locked", user.Name) { Detail = new { minutes = LockOut.TotalMinutes } });
        return (right ? SignInOutcome.Done : SignInOutcome.Refused, user);
    }
}
