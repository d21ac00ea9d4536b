using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Edge.Api;
using Heldar.Edge.Audit;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>Machine keys, under <c>/api/v1/api-keys</c>.</summary>
internal static class ApiKeyEndpoints
{
    public static void MapApiKeys(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup("/api/v1/api-keys").WithTags("access").Needs(Capability.AccessManage).BoxWide().WritesOwnAudit();
        keys.MapGet("", ListAsync).Produces<IReadOnlyList<ApiKeyDto>>();
        keys.MapPost("", AddAsync).Accepts<ApiKeyWrite>("application/json").Produces<ApiKeyDto>(201).Produces<ErrorBody>(400).Produces<ErrorBody>(409);
        keys.MapPatch("/{id:guid}", ChangeAsync).Accepts<ApiKeyWrite>("application/json").Produces<ApiKeyDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
        keys.MapDelete("/{id:guid}", RevokeAsync).Produces(204).Produces<ErrorBody>(404);
    }

    private static async Task<IResult> ListAsync(ApiKeys keys, ApiKeyUse use, CancellationToken cancellation)
    {
        var used = await use.AllAsync(cancellation);
        return Results.Json(keys.All.Select(k => ToDto(k, used.TryGetValue(k.Id, out var at) ? at : null)).ToList(), BoxJson.Options);
    }

    private static async Task<IResult> AddAsync(HttpContext context, Caller caller, ApiKeys keys, IAuditLog audit, IClock clock, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<ApiKeyWrite>(context.Request, cancellation);
        if (body is null) return refusal!;
        var (wish, mistake) = Read(body, new ApiKeyWish("", null));
        if (mistake is null && body.Name is null) mistake = "name is missing";
        if ((mistake ?? ApiKeyRules.Mistake(wish, clock.GetCurrentInstant())) is { } wrong) return Problems.BadRequest(wrong);
        try
        {
            var (key, text) = keys.Add(wish);
            await audit.AppendAsync(new AuditEntry(caller.Actor, "key.added", key.Name) { Detail = View(key) }, cancellation);
            context.Response.Headers.CacheControl = "no-store";
            return Results.Json(ToDto(key, null) with { Key = text }, BoxJson.Options, statusCode: 201);
        }
        catch (InvalidOperationException e)
        {
            return Problems.Conflict(e.Message);
        }
        catch (InvalidDataException)
        {
            return Damaged();
        }
    }

    private static async Task<IResult> ChangeAsync(Guid id, HttpRequest request, Caller caller, ApiKeys keys, IAuditLog audit, IClock clock, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<ApiKeyWrite>(request, cancellation);
        if (body is null) return refusal!;
        string? mistake = null;
        ApiKey? after;
        try
        {
            after = keys.Change(id, before =>
            {
                (var wish, mistake) = Read(body, new ApiKeyWish(before.Name, before.Role) { Capabilities = before.Capabilities, Cameras = before.Cameras, ExpiresAt = before.ExpiresAt });
                mistake ??= ApiKeyRules.Mistake(wish, wish.ExpiresAt == before.ExpiresAt ? Instant.MinValue : clock.GetCurrentInstant());
                return mistake is not null ? before : before with { Name = wish.Name, Role = wish.Role, Capabilities = wish.Capabilities, Cameras = wish.Cameras, ExpiresAt = wish.ExpiresAt };
            });
        }
        catch (InvalidDataException)
        {
            return Damaged();
        }

        if (after is null) return NoKey();
        if (mistake is not null) return Problems.BadRequest(mistake);
        await audit.AppendAsync(new AuditEntry(caller.Actor, "key.changed", after.Name) { Detail = View(after) }, cancellation);
        return Results.Json(ToDto(after, null), BoxJson.Options);
    }

    private static async Task<IResult> RevokeAsync(Guid id, Caller caller, ApiKeys keys, IAuditLog audit, CancellationToken cancellation)
    {
        try
        {
            if (keys.Revoke(id) is not { } key) return NoKey();
            await audit.AppendAsync(new AuditEntry(caller.Actor, "key.revoked", key.Name) { Detail = View(key) }, cancellation);
            return Results.NoContent();
        }
        catch (InvalidDataException)
        {
            return Damaged();
        }
    }

    private static (ApiKeyWish Wish, string? Mistake) Read(ApiKeyWrite body, ApiKeyWish wish)
    {
        if (body.Name is not null) wish = wish with { Name = body.Name.Trim() };
        if (body.Role is not null && body.Capabilities is not null) return (wish, "a key has either a role or capabilities");
        if (body.Role is not null)
        {
            if (UserEndpoints.ReadRole(body.Role) is not { } role) return (wish, "role must be admin, manager, guard, viewer or integration");
            wish = wish with { Role = role, Capabilities = null };
        }

        if (body.Capabilities is not null) wish = wish with { Role = null, Capabilities = body.Capabilities };
        if (UserEndpoints.TryReadCameras(body.Cameras, out var cameras, out var mistake)) wish = wish with { Cameras = cameras };
        if (mistake is not null || body.ExpiresAt.ValueKind == JsonValueKind.Undefined) return (wish, mistake);
        if (body.ExpiresAt.ValueKind == JsonValueKind.Null) return (wish with { ExpiresAt = null }, null);
        return body.ExpiresAt.ValueKind == JsonValueKind.String && InstantText.TryParse(body.ExpiresAt.GetString(), out var at)
            ? (wish with { ExpiresAt = at }, null)
            : (wish, "expires_at must be a time such as 2026-11-21T04:37:00Z");
    }

    private static IResult NoKey() => Problems.NotFound("there is no such key that works");

    private static IResult Damaged() => Problems.Unavailable("the file of keys cannot be read, and is left as it is; the box's log says why");

    private static object View(ApiKey key) => new { key.Id, key.Role, key.Capabilities, key.Cameras, key.ExpiresAt };

    private static ApiKeyDto ToDto(ApiKey key, Instant? used) => new()
    {
        Id = key.Id,
        Name = key.Name,
        Role = key.Capabilities is null ? key.Role?.ToString().ToLowerInvariant() : null,
        Capabilities = CapabilityNames.Split(key.ToCaller().Capabilities),
        Cameras = key.Cameras,
        CreatedAt = key.CreatedAt,
        ExpiresAt = key.ExpiresAt,
        RevokedAt = key.RevokedAt,
        LastUsedAt = used,
    };
}
