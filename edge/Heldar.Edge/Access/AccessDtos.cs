using System.Text.Json;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>Body of <c>POST /api/v1/auth/login</c>. <c>username</c> is another word for <c>name</c>.</summary>
internal sealed record LoginWrite(string? Name, string? Username, string? Password, string? Code);

/// <summary>Body of <c>POST /api/v1/auth/setup</c>.</summary>
internal sealed record SetupWrite(string? Code, string? Name, string? Password);

/// <summary>Body of <c>POST /api/v1/auth/password</c>.</summary>
internal sealed record PasswordWrite(string? CurrentPassword, string? NewPassword);

/// <summary>Body of <c>POST</c> and <c>DELETE /api/v1/auth/totp</c>.</summary>
internal sealed record PasswordProof(string? Password);

/// <summary>Body of <c>POST /api/v1/auth/totp/confirm</c>.</summary>
internal sealed record CodeWrite(string? Code);

/// <summary>Who is calling.</summary>
internal sealed record CallerDto(Guid Id, string Name, string? Role, string Kind, IReadOnlyList<string> Capabilities, IReadOnlyList<string>? Cameras)
{
    public static CallerDto Of(Caller caller) => new(
        caller.Id, caller.Name, caller.Role?.ToString().ToLowerInvariant(), caller.Kind == CallerKind.User ? "user" : "api_key", CapabilityNames.Split(caller.Capabilities), caller.Cameras.Ids);
}

/// <summary>Whether the first account is still to be made, and who is calling; <c>user</c> is null for nobody.</summary>
internal sealed record AuthStateDto(bool SetupNeeded, CallerDto? User);

/// <summary>A new session; the token is also the cookie's value.</summary>
internal sealed record SignedInDto(string Token, Instant ExpiresAt, CallerDto User);

/// <summary>What an authenticator app needs.</summary>
internal sealed record TotpDto(string Secret, string OtpauthUrl);

/// <summary>Codes that each work once in place of one from the app.</summary>
internal sealed record RecoveryCodesDto(IReadOnlyList<string> RecoveryCodes);

/// <summary>One session of the person who is calling.</summary>
internal sealed record SessionDto(Guid Id, Instant CreatedAt, Instant LastSeenAt, Instant ExpiresAt, string? Address, bool Current);

/// <summary>An account in an answer.</summary>
internal sealed record UserDto
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required BoxRole Role { get; init; }

    /// <summary>Null for all.</summary>
    public IReadOnlyList<string>? Cameras { get; init; }

    public required bool Disabled { get; init; }

    public required bool Totp { get; init; }

    public required Instant CreatedAt { get; init; }

    public Instant? LastSignInAt { get; init; }

    /// <summary>Null while it is not locked.</summary>
    public Instant? LockedUntil { get; init; }
}

/// <summary>Body of <c>POST /api/v1/users</c> and <c>PATCH /api/v1/users/{id}</c>; what is left out stays, <c>"cameras": null</c> means all.</summary>
internal sealed record UserWrite
{
    public string? Name { get; init; }

    public string? Password { get; init; }

    public string? Role { get; init; }

    public JsonElement Cameras { get; init; }

    public bool? Disabled { get; init; }
}

/// <summary>A key in an answer; never the key itself, but for <see cref="Key"/> in the answer to its making.</summary>
internal sealed record ApiKeyDto
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public string? Role { get; init; }

    public required IReadOnlyList<string> Capabilities { get; init; }

    public IReadOnlyList<string>? Cameras { get; init; }

    public required Instant CreatedAt { get; init; }

    public Instant? ExpiresAt { get; init; }

    public Instant? RevokedAt { get; init; }

    /// <summary>To the minute.</summary>
    public Instant? LastUsedAt { get; init; }

    public string? Key { get; init; }
}

/// <summary>Body of <c>POST /api/v1/api-keys</c> and <c>PATCH /api/v1/api-keys/{id}</c>; what is left out stays, null for cameras or expiry means none.</summary>
internal sealed record ApiKeyWrite
{
    public string? Name { get; init; }

    public string? Role { get; init; }

    public IReadOnlyList<string>? Capabilities { get; init; }

    public JsonElement Cameras { get; init; }

    public JsonElement ExpiresAt { get; init; }
}

/// <summary>One row of the audit log in an answer.</summary>
internal sealed record AuditDto(long Seq, Instant At, string Actor, string Action, string Target, Guid? CameraUid, JsonElement Detail, string Hash);

/// <summary>Answer of <c>GET /api/v1/audit</c>, newest first; <c>next</c> is the <c>before</c> of the following page, null on the last.</summary>
internal sealed record AuditPageDto(IReadOnlyList<AuditDto> Entries, long? Next);

/// <summary>Answer of <c>GET /api/v1/audit/verify</c>.</summary>
internal sealed record AuditVerdictDto(bool Sound, long Entries, long Anchor, string Head, long? FirstBroken, bool? HeadFound);
