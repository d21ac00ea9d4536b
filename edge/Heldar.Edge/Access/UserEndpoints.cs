using System.Text.Json;
using Heldar.Contracts.Api;
using Heldar.Edge.Api;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>Accounts of people, under <c>/api/v1/users</c>.</summary>
internal static class UserEndpoints
{
    public static void MapUsers(this IEndpointRouteBuilder app)
    {
        var users = app.MapGroup("/api/v1/users").WithTags("access").Needs(Capability.AccessManage).BoxWide().WritesOwnAudit();
        users.MapGet("", ListAsync).Produces<IReadOnlyList<UserDto>>();
        users.MapGet("/{id:guid}", GetAsync).Produces<UserDto>().Produces<ErrorBody>(404);
        users.MapPost("", AddAsync).Accepts<UserWrite>("application/json").Produces<UserDto>(201).Produces<ErrorBody>(400).Produces<ErrorBody>(409);
        users.MapPatch("/{id:guid}", ChangeAsync).Accepts<UserWrite>("application/json").Produces<UserDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        users.MapDelete("/{id:guid}", RemoveAsync).Produces(204).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        users.MapPost("/{id:guid}/unlock", UnlockAsync).Produces(204).Produces<ErrorBody>(404);
        users.MapDelete("/{id:guid}/totp", TotpOffAsync).Produces(204).Produces<ErrorBody>(404);
    }

    public static IResult BadName() => Problems.BadRequest(
        $"name must have 1 to {UserNames.MaxLength} letters of one kind of script, digits, and spaces or . _ - ' @ between them");

    public static IResult Refuse(AccountOutcome outcome) => outcome switch
    {
        AccountOutcome.NameTaken => Problems.Conflict("there is an account with this name already"),
        AccountOutcome.LastAdmin => Problems.Conflict("nobody else could manage this box then: make another admin first"),
        AccountOutcome.TooMany => Problems.Conflict($"a box takes at most {Accounts.MaxUsers} accounts"),
        AccountOutcome.Busy => AuthEndpoints.Busy(),
        _ => Problems.NotFound("there is no such account"),
    };

    /// <summary>Reads a list of cameras that may be left out (false), null (all) or a list.</summary>
    public static bool TryReadCameras(JsonElement given, out IReadOnlyList<string>? cameras, out string? mistake)
    {
        (cameras, mistake) = (null, null);
        if (given.ValueKind is JsonValueKind.Undefined) return false;
        if (given.ValueKind is JsonValueKind.Null) return true;
        var list = given.ValueKind == JsonValueKind.Array && given.GetArrayLength() <= CameraScope.MaxCameras
            ? given.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : "").Distinct(StringComparer.Ordinal).ToList()
            : [];
        (cameras, mistake) = (list, CameraScope.Mistake(list));
        return true;
    }

    public static BoxRole? ReadRole(string? word) => word switch
    {
        "admin" => BoxRole.Admin,
        "manager" => BoxRole.Manager,
        "guard" => BoxRole.Guard,
        "viewer" => BoxRole.Viewer,
        "integration" => BoxRole.Integration,
        _ => null,
    };

    private static async Task<IResult> ListAsync(Accounts accounts, IClock clock, CancellationToken cancellation) =>
        Results.Json((await accounts.AllAsync(cancellation)).Select(u => ToDto(u, clock)).ToList(), BoxJson.Options);

    private static async Task<IResult> GetAsync(Guid id, Accounts accounts, IClock clock, CancellationToken cancellation) =>
        await accounts.FindAsync(id, cancellation) is { } user ? Results.Json(ToDto(user, clock), BoxJson.Options) : Refuse(AccountOutcome.NotFound);

    private static async Task<IResult> AddAsync(HttpRequest request, Caller caller, Accounts accounts, IClock clock, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<UserWrite>(request, cancellation);
        if (body is null) return refusal!;
        if (UserNames.Read(body.Name) is not { } name) return BadName();
        if (PasswordWork.Mistake(body.Password, name) is { } weak) return Problems.BadRequest(weak);
        if (Read(body, out var change) is { } mistake) return Problems.BadRequest(mistake);
        if (change.Role is not { } role) return Problems.BadRequest("role is missing: admin, manager, guard, viewer or integration");
        var (outcome, user) = await accounts.AddAsync(name, body.Password!, role, change.Cameras?.Ids, caller.Actor, cancellation);
        return user is null ? Refuse(outcome) : Results.Json(ToDto(user, clock), BoxJson.Options, statusCode: 201);
    }

    private static async Task<IResult> ChangeAsync(Guid id, HttpRequest request, Caller caller, Accounts accounts, IClock clock, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<UserWrite>(request, cancellation);
        if (body is null) return refusal!;
        if (await accounts.FindAsync(id, cancellation) is not { } before) return Refuse(AccountOutcome.NotFound);
        if (Read(body, out var change) is { } mistake) return Problems.BadRequest(mistake);
        if (body.Name is not null)
        {
            if (UserNames.Read(body.Name) is not { } name) return BadName();
            change = change with { Name = name };
        }

        if (body.Password is not null && PasswordWork.Mistake(body.Password, change.Name ?? before.Name) is { } weak) return Problems.BadRequest(weak);
        if (change.Cameras is { IsAll: false } && (change.Role ?? before.Role) == BoxRole.Admin) return Problems.BadRequest("an admin sees all cameras: leave cameras out");
        var outcome = await accounts.ChangeAsync(id, change with { Password = body.Password }, caller.Actor, cancellation);
        return outcome == AccountOutcome.Done ? await GetAsync(id, accounts, clock, cancellation) : Refuse(outcome);
    }

    private static async Task<IResult> RemoveAsync(Guid id, Caller caller, Accounts accounts, CancellationToken cancellation) =>
        await accounts.RemoveAsync(id, caller.Actor, cancellation) is var outcome && outcome == AccountOutcome.Done ? Results.NoContent() : Refuse(outcome);

    private static async Task<IResult> UnlockAsync(Guid id, Caller caller, Accounts accounts, CancellationToken cancellation) =>
        await accounts.UnlockAsync(id, caller.Actor, cancellation) is var outcome && outcome == AccountOutcome.Done ? Results.NoContent() : Refuse(outcome);

    private static async Task<IResult> TotpOffAsync(Guid id, Caller caller, Accounts accounts, SecondFactor factor, CancellationToken cancellation)
    {
        if (await accounts.FindAsync(id, cancellation) is null) return Refuse(AccountOutcome.NotFound);
        await factor.OffAsync(id, caller.Actor, cancellation);
        return Results.NoContent();
    }

    /// <summary>What is wrong with role and cameras; null when nothing is.</summary>
    private static string? Read(UserWrite body, out AccountChange change)
    {
        change = new AccountChange { Disabled = body.Disabled };
        if (body.Role is not null)
        {
            if (ReadRole(body.Role) is not { } role) return "role must be admin, manager, guard, viewer or integration";
            change = change with { Role = role };
        }

        if (!TryReadCameras(body.Cameras, out var cameras, out var mistake)) return null;
        if (mistake is not null) return mistake;
        if (cameras is not null && change.Role == BoxRole.Admin) return "an admin sees all cameras: leave cameras out";
        change = change with { Cameras = CameraScope.Of(cameras) };
        return null;
    }

    private static UserDto ToDto(User user, IClock clock) => new()
    {
        Id = user.Id,
        Name = user.Name,
        Role = user.Role,
        Cameras = user.Cameras,
        Disabled = user.Disabled,
        Totp = user.TotpOn,
        CreatedAt = user.CreatedAt,
        LastSignInAt = user.SignedInAt,
        LockedUntil = user.LockedUntil > clock.GetCurrentInstant() ? user.LockedUntil : null,
    };
}
