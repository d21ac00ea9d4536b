using Dapper;
using Heldar.Fleet.Api;
using Heldar.Fleet.Audit;
using Microsoft.AspNetCore.Identity;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Access;

/// <summary>
/// Local accounts. A wrong name, a wrong password and a locked account cost the same work and give the same answer, so that nothing tells them apart.
/// Thread-safe; at most two passwords are hashed at a time and a bounded number waits, holding no database connection, so that a flood of sign-ins takes
/// neither the processor nor the database from viewers.
/// </summary>
internal sealed class People(NpgsqlDataSource database, IClock clock, AuditTrail audit) : IDisposable
{
    /// <summary>Wrong passwords in a row that lock an account.</summary>
    public const int MaxFailures = 5;

    /// <summary>How long it stays locked.</summary>
    public static readonly Duration LockOut = Duration.FromMinutes(15);

    /// <summary>Sign-ins that may wait for their turn to hash; more are refused at once.</summary>
    public const int MaxWaiting = 32;

    private static readonly PasswordHasher<string> Hasher = new();
    private static readonly string NobodysHash = Hasher.HashPassword("", Guid.NewGuid().ToString());
    private readonly SemaphoreSlim _hashing = new(2);
    private int _waiting;

    public void Dispose() => _hashing.Dispose();

    /// <summary>Whether the tenant has no account yet.</summary>
    public async Task<bool> IsSetupNeededAsync(string tenant, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select not exists (select 1 from person where tenant = @tenant)", new { tenant }, cancellationToken: cancellation));
    }

    /// <summary>Makes the first account with a set-up code, once. Null when the code is unknown, used or expired, or an account exists.</summary>
    public async Task<Caller?> SetUpAsync(string tenant, string? code, string name, string password, CancellationToken cancellation)
    {
        string passwordHash = await HashAsync(() => Hasher.HashPassword("", password), cancellation);
        if (SecretToken.HashCode(code) is not { } codeHash) return null;
        var now = clock.GetCurrentInstant().ToDateTimeUtc();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        int used = await connection.ExecuteAsync(new CommandDefinition(
            """
            update setup_code set used_at = @now
            where tenant = @tenant and code_hash = @codeHash and used_at is null and expires_at > @now
              and not exists (select 1 from person where tenant = @tenant)
            """,
            new { tenant, codeHash, now }, transaction, cancellationToken: cancellation));
        if (used != 1) return null;

        var caller = new Caller(tenant, Guid.CreateVersion7(), name, Role.Admin);
        await connection.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended('heldar-setup/' || @tenant, 0))", new { tenant }, transaction, cancellationToken: cancellation));
        int made = await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into person (tenant, person, name, name_key, role, password_hash, created_at)
            select @tenant, @Person, @name, @key, 'admin', @passwordHash, @now
            where not exists (select 1 from person where tenant = @tenant)
            """,
            new { tenant, caller.Person, name, key = Key(name), passwordHash, now }, transaction, cancellationToken: cancellation));
        if (made != 1) return null;
        await audit.AppendAsync(transaction, tenant, name, AuditActions.Setup, caller.Person.ToString("D"), null, cancellation);
        await transaction.CommitAsync(cancellation);
        return caller;
    }

    /// <summary>Mints a set-up code, valid for 24 hours; earlier unused ones stop working. Null when the tenant has an account already.</summary>
    public async Task<string?> CreateSetupCodeAsync(string tenant, CancellationToken cancellation)
    {
        if (!await IsSetupNeededAsync(tenant, cancellation)) return null;
        string code = SecretToken.CreateCode();
        var now = clock.GetCurrentInstant();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            delete from setup_code where tenant = @tenant and used_at is null;
            insert into setup_code (tenant, code_hash, created_at, expires_at) values (@tenant, @hash, @now, @expires)
            """,
            new { tenant, hash = SecretToken.HashCode(code), now = now.ToDateTimeUtc(), expires = (now + Duration.FromHours(24)).ToDateTimeUtc() },
            transaction,
            cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
        return code;
    }

    /// <summary>Checks a name and password; null when they do not fit or the account is locked.</summary>
    public async Task<Caller?> SignInAsync(string tenant, string name, string password, CancellationToken cancellation)
    {
        var person = await FindAsync(tenant, name, cancellation);
        var verdict = await HashAsync(() => Hasher.VerifyHashedPassword("", person?.PasswordHash ?? NobodysHash, password), cancellation);
        bool right = person is not null && verdict is not PasswordVerificationResult.Failed;

        // The same statement asks whether the account is locked and counts: of many attempts at once only as many are judged as may fail.
        bool open = await CountAsync(tenant, person?.Person ?? Guid.Empty, right, clock.GetCurrentInstant(), cancellation);
        bool passes = right && open, locked = person is not null && !open;
        await audit.AppendAsync(tenant, name, passes ? AuditActions.SignIn : AuditActions.SignInFailed, person?.Person.ToString("D") ?? "", locked ? new { locked } : null, cancellation);
        return passes ? new Caller(tenant, person!.Person, person.Name, person.Role == "admin" ? Role.Admin : Role.Viewer) : null;
    }

    private async Task<Row?> FindAsync(string tenant, string name, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            "select person, name, role, password_hash as PasswordHash from person where tenant = @tenant and name_key = @key",
            new { tenant, key = Key(name) },
            cancellationToken: cancellation));
    }

    /// <summary>Counts an attempt; false when the account is locked (or is nobody's), which nothing counts.</summary>
    private async Task<bool> CountAsync(string tenant, Guid person, bool passed, Instant now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            """
            update person set
                failures = case when @passed or failures + 1 >= @MaxFailures then 0 else failures + 1 end,
                locked_until = case when not @passed and failures + 1 >= @MaxFailures then @until else null end
            where tenant = @tenant and person = @person and (locked_until is null or locked_until <= @now)
            """,
            new { tenant, person, passed, MaxFailures, now = now.ToDateTimeUtc(), until = (now + LockOut).ToDateTimeUtc() },
            cancellationToken: cancellation)) == 1;
    }

    private static string Key(string name) => name.ToLowerInvariant();

    private async Task<T> HashAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new BusyException("too many people are signing in at once; try again in a moment");
        }

        try
        {
            await _hashing.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            return work();
        }
        finally
        {
            _hashing.Release();
        }
    }

    private sealed record Row(Guid Person, string Name, string Role, string PasswordHash);
}
