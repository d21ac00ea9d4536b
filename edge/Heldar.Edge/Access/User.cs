using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>An account of a person, as the database has it.</summary>
internal sealed record User(Guid Id, string Name, BoxRole Role, IReadOnlyList<string>? Cameras, bool Disabled, Instant CreatedAt)
{
    public string PasswordHash { get; init; } = "";

    public Instant? SignedInAt { get; init; }

    /// <summary>Wrong passwords and codes in a row.</summary>
    public int Failures { get; init; }

    public Instant LockedUntil { get; init; }

    /// <summary>Sealed secret of the second factor; also while it is not confirmed yet.</summary>
    public string? TotpSecret { get; init; }

    /// <summary>Signing in needs a code.</summary>
    public bool TotpOn { get; init; }

    /// <summary>Newest step whose code was used.</summary>
    public long TotpStep { get; init; }

    public Caller ToCaller() => new(CallerKind.User, Id, Name, Role, Role.Capabilities(), CameraScope.Of(Cameras));
}
