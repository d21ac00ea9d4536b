using System.Data.Common;
using Heldar.Edge.Audit;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>What became of a wish to change an account.</summary>
internal enum AccountOutcome
{
    Done,
    NotFound,

    /// <summary>The name is taken.</summary>
    NameTaken,

    /// <summary>Nobody else could manage access then.</summary>
    LastAdmin,

    /// <summary>The box has as many accounts as it takes.</summary>
    TooMany,

    /// <summary>Too many passwords are being hashed.</summary>
    Busy,

    /// <summary>There is an account already, or the code is not the one.</summary>
    NoSetup,
}

/// <summary>What an account shall be. Null leaves it.</summary>
internal sealed record AccountChange
{
    public string? Name { get; init; }

    public string? Password { get; init; }

    public BoxRole? Role { get; init; }

    public CameraScope? Cameras { get; init; }

    public bool? Disabled { get; init; }
}

/// <summary>Makes, changes and removes accounts. What takes rights away ends the person's sessions in the same transaction. Thread-safe.</summary>
internal sealed class Accounts(IStoreWriter store, IStoreReader reader, PasswordWork passwords, SetupCodes codes, AccountMark mark, IAuditLog audit, IClock clock)
{
    /// <summary>Most accounts of a box.</summary>
    public const int MaxUsers = 500;

    public Task<IReadOnlyList<User>> AllAsync(CancellationToken cancellation) => reader.ReadAsync(UserRows.All, cancellation);

    public Task<User?> FindAsync(Guid id, CancellationToken cancellation) => reader.ReadAsync(db => UserRows.Find(db, id), cancellation);

    public async Task<bool> IsSetupNeededAsync(CancellationToken cancellation) => !await reader.ReadAsync(UserRows.Any, cancellation);

    /// <summary>Makes the first account, an admin, with the set-up code.</summary>
    public async Task<(AccountOutcome Outcome, User? User)> SetUpAsync(string? code, string name, string password, string? from, CancellationToken cancellation)
    {
        if (!codes.Fits(code) || !await IsSetupNeededAsync(cancellation)) return (AccountOutcome.NoSetup, null);
        var (outcome, user) = await AddAsync(name, password, BoxRole.Admin, null, new AuditActor("setup", from), onlyFirst: true, cancellation);
        if (outcome == AccountOutcome.Done) codes.Remove();
        return (outcome, user);
    }

    public Task<(AccountOutcome Outcome, User? User)> AddAsync(string name, string password, BoxRole role, IReadOnlyList<string>? cameras, AuditActor actor, CancellationToken cancellation) =>
        AddAsync(name, password, role, cameras, actor, onlyFirst: false, cancellation);

    /// <summary>Changes an account.</summary>
    /// <param name="id">The account.</param>
    /// <param name="change">What shall be.</param>
    /// <param name="actor">Who wants it.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task<AccountOutcome> ChangeAsync(Guid id, AccountChange change, AuditActor actor, CancellationToken cancellation)
    {
        string? hash = null;
        if (change.Password is not null && (hash = await passwords.HashAsync(change.Password, cancellation)) is null) return AccountOutcome.Busy;
        return await OnAsync(
            id,
            (db, before) =>
            {
                var after = before with
                {
                    Name = change.Name ?? before.Name,
                    Role = change.Role ?? before.Role,
                    Cameras = change.Cameras is { } scope ? scope.Ids : before.Cameras,
                    Disabled = change.Disabled ?? before.Disabled,
                    PasswordHash = hash ?? before.PasswordHash,
                    Failures = hash is null ? before.Failures : 0,
                    LockedUntil = hash is null ? before.LockedUntil : default,
                };
                if (after.Role == BoxRole.Admin) after = after with { Cameras = null };
                var outcome = Refusal(db, before, after);
                if (outcome != AccountOutcome.Done) return outcome;
                UserRows.Put(db, after);
                if (hash is not null || after.Disabled || after.Role != before.Role) Sessions.EndAll(db, id);
                audit.Append(db, new AuditEntry(actor, "user.changed", after.Name)
                {
                    Detail = new { was = View(before), now = View(after), newPassphrase = hash is not null },
                });
                return outcome;
            },
            cancellation);
    }

    public Task<AccountOutcome> RemoveAsync(Guid id, AuditActor actor, CancellationToken cancellation) => OnAsync(
        id,
        (db, user) =>
        {
            if (user.Role == BoxRole.Admin && !UserRows.HasOtherAdmin(db, id)) return AccountOutcome.LastAdmin;
            UserRows.Remove(db, id);
            audit.Append(db, new AuditEntry(actor, "user.removed", user.Name) { Detail = View(user) });
            return AccountOutcome.Done;
        },
        cancellation);

    /// <summary>Ends a lock-out before its time.</summary>
    public Task<AccountOutcome> UnlockAsync(Guid id, AuditActor actor, CancellationToken cancellation) => OnAsync(
        id,
        (db, user) =>
        {
            UserRows.Put(db, user with { Failures = 0, LockedUntil = default });
            audit.Append(db, new AuditEntry(actor, "user.unlocked", user.Name));
            return AccountOutcome.Done;
        },
        cancellation);

    /// <summary>Does something with an account as it stands, in one transaction.</summary>
    private async Task<AccountOutcome> OnAsync(Guid id, Func<DbConnection, User, AccountOutcome> work, CancellationToken cancellation)
    {
        var outcome = AccountOutcome.NotFound;
        await store.EnqueueAsync(
            db =>
            {
                if (UserRows.Find(db, id) is { } user) outcome = work(db, user);
            },
            cancellation);
        return outcome;
    }

    private async Task<(AccountOutcome Outcome, User? User)> AddAsync(
        string name, string password, BoxRole role, IReadOnlyList<string>? cameras, AuditActor actor, bool onlyFirst, CancellationToken cancellation)
    {
        if (await passwords.HashAsync(password, cancellation) is not { } hash) return (AccountOutcome.Busy, null);
        var user = new User(Guid.CreateVersion7(), name, role, cameras, Disabled: false, clock.GetCurrentInstant()) { PasswordHash = hash };
        var outcome = AccountOutcome.Done;
        await store.EnqueueAsync(
            db =>
            {
                outcome = onlyFirst && UserRows.Any(db) ? AccountOutcome.NoSetup
                    : UserRows.Count(db) >= MaxUsers ? AccountOutcome.TooMany
                    : UserRows.FindByName(db, name) is not null ? AccountOutcome.NameTaken
                    : AccountOutcome.Done;
                if (outcome != AccountOutcome.Done) return;
                UserRows.Put(db, user);
                audit.Append(db, new AuditEntry(actor, "user.added", name) { Detail = View(user) });
            },
            cancellation);
        if (outcome != AccountOutcome.Done) return (outcome, null);
        mark.Set();
        return (outcome, user);
    }

    private static AccountOutcome Refusal(DbConnection db, User before, User after)
    {
        if (UserRows.FindByName(db, after.Name) is { } other && other.Id != before.Id) return AccountOutcome.NameTaken;
        var managed = before is { Role: BoxRole.Admin, Disabled: false };
        var manages = after is { Role: BoxRole.Admin, Disabled: false };
        return managed && !manages && !UserRows.HasOtherAdmin(db, before.Id) ? AccountOutcome.LastAdmin : AccountOutcome.Done;
    }

    private static object View(User user) => new { user.Name, user.Role, user.Cameras, user.Disabled };
}
