using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Heldar.Edge.Access;

/// <summary>
/// Hashes passwords (PBKDF2, HMAC-SHA-512, 210,000 rounds), which costs tenths of a second: one at a time on a small box and half of the processors on a
/// larger one, and only so many wait, so that a flood of sign-ins takes neither processor nor memory from recording. Thread-safe.
/// </summary>
internal sealed class PasswordWork : IDisposable
{
    /// <summary>Shortest password in characters.</summary>
    public const int MinLength = 12;

    /// <summary>Longest password in characters: hashing reads all of it.</summary>
    public const int MaxLength = 256;

    /// <summary>Sign-ins that may wait for their turn; more are refused at once.</summary>
    public const int MaxWaiting = 32;

    private const int Rounds = 210_000;
    private static readonly PasswordHasher<string> Hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Rounds }));
    private static readonly string NobodysHash = Hasher.HashPassword("", Guid.NewGuid().ToString("N"));
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int _waiting;

    /// <summary>What is wrong with a new password; null when nothing is.</summary>
    public static string? Mistake(string? password, string name) =>
        password is not { Length: >= MinLength and <= MaxLength } ? $"a password has {MinLength} to {MaxLength} characters"
        : password.Any(char.IsControl) ? "a password has no control characters"
        : password.Distinct().Count() < 4 || password.Contains(name, StringComparison.OrdinalIgnoreCase) ? "a password is neither one character again and again nor the name"
        : null;

    /// <summary>The hash of a new password, or null when too many wait.</summary>
    public Task<string?> HashAsync(string password, CancellationToken cancellation) => RunAsync(() => Hasher.HashPassword("", password), cancellation);

    /// <summary>Whether a password fits; without a hash it does the same work for nothing. Null when too many wait.</summary>
    public async Task<bool?> VerifyAsync(string? hash, string password, CancellationToken cancellation) =>
        await RunAsync<object>(() => Hasher.VerifyHashedPassword("", hash ?? NobodysHash, password) != PasswordVerificationResult.Failed && hash is not null, cancellation) as bool?;

    public void Dispose() => _turns.Dispose();

    private async Task<T?> RunAsync<T>(Func<T> work, CancellationToken cancellation) where T : class
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return null;
        }

        try
        {
            await _turns.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            return await Task.Run(work, CancellationToken.None);
        }
        finally
        {
            _turns.Release();
        }
    }
}
