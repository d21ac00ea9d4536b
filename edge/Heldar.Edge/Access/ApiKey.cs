using System.Text.Json.Serialization;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>A machine key as it is kept: never the key itself.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Sha256">SHA-256 of the key's text, lower-case hex; of a revoked key something that no key has, so that not even an older program takes it.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record ApiKey(Guid Id, string Name, string Sha256, Instant CreatedAt)
{
    /// <summary>What it may do; null when <see cref="Capabilities"/> says it.</summary>
    public BoxRole? Role { get; init; }

    /// <summary>Words of <see cref="CapabilityNames"/>; null when the role says what it may do.</summary>
    public IReadOnlyList<string>? Capabilities { get; init; }

    /// <summary>Ids of the cameras that it may know of; null for all.</summary>
    public IReadOnlyList<string>? Cameras { get; init; }

    /// <summary>From when on it is refused; null for never.</summary>
    public Instant? ExpiresAt { get; init; }

    /// <summary>When it was revoked.</summary>
    public Instant? RevokedAt { get; init; }

    [JsonIgnore]
    public bool Works => RevokedAt is null;

    /// <summary>The caller that shows this key. A word that this program does not know brings nothing.</summary>
    public Caller ToCaller() => new(
        CallerKind.ApiKey, Id, Name, Capabilities is null ? Role : null,
        Capabilities is null ? (Role?.Capabilities() ?? Capability.None) : Capabilities.Aggregate(Capability.None, (set, word) => set | (CapabilityNames.Join([word]) ?? Capability.None)),
        CameraScope.Of(Cameras));
}
