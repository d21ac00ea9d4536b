using Heldar.Contracts.Api;
using Heldar.Edge.Api;

namespace Heldar.Edge.Access;

/// <summary>What people do with their own account: password, second factor, sessions.</summary>
internal static class OwnAccountEndpoints
{
    public static void MapOwnAccount(this IEndpointRouteBuilder app)
    {
        var auth = app.MapGroup("/api/v1/auth").WithTags("access");
        auth.MapPost("/password", PasswordAsync).Needs(Capability.None).HasNoCameras().WritesOwnAudit().Accepts<PasswordWrite>("application/json").Produces<SignedInDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(403);
        auth.MapPost("/totp", StartAsync).Needs(Capability.None).HasNoCameras().Accepts<PasswordProof>("application/json").Produces<TotpDto>().Produces<ErrorBody>(403).Produces<ErrorBody>(409);
        auth.MapPost("/totp/confirm", ConfirmAsync).Needs(Capability.None).HasNoCameras().WritesOwnAudit().Accepts<CodeWrite>("application/json").Produces<RecoveryCodesDto>().Produces<ErrorBody>(400);
        auth.MapDelete("/totp", OffAsync).Needs(Capability.None).HasNoCameras().WritesOwnAudit().Produces(204).Produces<ErrorBody>(403);
        auth.MapGet("/sessions", SessionsAsync).Needs(Capability.None).HasNoCameras().Produces<IReadOnlyList<SessionDto>>();
        auth.MapDelete("/sessions/{id}", EndAsync).Needs(Capability.None).HasNoCameras().Produces(204).Produces<ErrorBody>(404);
    }

    /// <summary>A new password ends all sessions; this one gets a new token.</summary>
    private static async Task<IResult> PasswordAsync(HttpContext context, Caller caller, SignInBrake brake, SignIn signIn, Accounts accounts, Sessions sessions)
    {
        var (body, refusal) = await RequestBody.ReadAsync<PasswordWrite>(context.Request, context.RequestAborted);
        if (body is null) return refusal!;
        if (PasswordWork.Mistake(body.NewPassword, caller.Name) is { } mistake) return Problems.BadRequest(mistake);
        if (await DoubtAsync(context, caller, body.CurrentPassword, brake, signIn) is { } doubt) return doubt;
        var outcome = await accounts.ChangeAsync(caller.Id, new AccountChange { Password = body.NewPassword }, caller.Actor, context.RequestAborted);
        return outcome == AccountOutcome.Done
            ? await AuthEndpoints.EnterAsync(context, await signIn.OpenAsync(caller.Id, Callers.AddressOf(context), context.RequestAborted), sessions, 200)
            : UserEndpoints.Refuse(outcome);
    }

    private static async Task<IResult> StartAsync(HttpContext context, Caller caller, SignInBrake brake, SignIn signIn, SecondFactor factor)
    {
        var (body, refusal) = await RequestBody.ReadAsync<PasswordProof>(context.Request, context.RequestAborted);
        if (body is null) return refusal!;
        if (await DoubtAsync(context, caller, body.Password, brake, signIn) is { } doubt) return doubt;
        context.Response.Headers.CacheControl = "no-store";
        return await factor.StartAsync(caller.Id, context.RequestAborted) is { } made
            ? Results.Json(new TotpDto(made.Secret, made.Address), BoxJson.Options)
            : Problems.Conflict("a second factor is on already; turn it off first");
    }

    private static async Task<IResult> ConfirmAsync(HttpContext context, Caller caller, SignInBrake brake, SecondFactor factor)
    {
        if (AuthEndpoints.Slow(context, brake) is { } slow) return slow;
        var (body, refusal) = await RequestBody.ReadAsync<CodeWrite>(context.Request, context.RequestAborted);
        if (body is null) return refusal!;
        context.Response.Headers.CacheControl = "no-store";
        return await factor.ConfirmAsync(caller.Id, body.Code ?? "", caller.Session, caller.Actor, context.RequestAborted) is { } codes
            ? Results.Json(new RecoveryCodesDto(codes), BoxJson.Options)
            : Problems.BadRequest("the code does not fit; begin with POST /api/v1/auth/totp and send the code that the app shows now");
    }

    private static async Task<IResult> OffAsync(HttpContext context, Caller caller, SignInBrake brake, SignIn signIn, SecondFactor factor)
    {
        var (body, refusal) = await RequestBody.ReadAsync<PasswordProof>(context.Request, context.RequestAborted);
        if (body is null) return refusal!;
        if (await DoubtAsync(context, caller, body.Password, brake, signIn) is { } doubt) return doubt;
        await factor.OffAsync(caller.Id, caller.Actor, context.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> SessionsAsync(Caller caller, Sessions sessions, CancellationToken cancellation) => Results.Json(
        (await sessions.OfAsync(caller.Id, cancellation)).Select(s => new SessionDto(s.Id, s.CreatedAt, s.SeenAt, s.ExpiresAt, s.Address, s.TokenHash == caller.Session)).ToList(),
        BoxJson.Options);

    private static async Task<IResult> EndAsync(string id, Caller caller, Sessions sessions, CancellationToken cancellation)
    {
        if ((await sessions.OfAsync(caller.Id, cancellation)).FirstOrDefault(s => s.Id.ToString("D") == id) is not { } session) return Problems.NotFound("you have no such session");
        await sessions.EndAsync(session.TokenHash, cancellation);
        return Results.NoContent();
    }

    /// <summary>The answer to who is signed in but does not know the password, or null.</summary>
    private static async Task<IResult?> DoubtAsync(HttpContext context, Caller caller, string? password, SignInBrake brake, SignIn signIn)
    {
        if (caller.Kind != CallerKind.User) return Problems.Result(403, ErrorCodes.Forbidden, "only a person has a password");
        if (AuthEndpoints.Slow(context, brake) is { } slow) return slow;
        if (password is not { Length: >= 1 and <= PasswordWork.MaxLength }) return Problems.BadRequest($"the current password must be text of 1 to {PasswordWork.MaxLength} characters");
        return await signIn.ConfirmAsync(caller.Id, password, caller.From, context.RequestAborted) switch
        {
            SignInOutcome.Done => null,
            SignInOutcome.Busy => AuthEndpoints.Busy(),
            _ => Problems.Result(403, ErrorCodes.Forbidden, "the current password is wrong, or the account is locked"),
        };
    }
}
