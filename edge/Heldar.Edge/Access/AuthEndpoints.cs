using System.Globalization;
using Heldar.Contracts.Api;
using Heldar.Edge.Api;
using Heldar.Edge.Audit;

namespace Heldar.Edge.Access;

/// <summary>Signing in and out, and what people do with their own account, under <c>/api/v1/auth</c>.</summary>
internal static class AuthEndpoints
{
    public static void MapAuth(this IEndpointRouteBuilder app)
    {
        var auth = app.MapGroup("/api/v1/auth").WithTags("access");
        auth.MapGet("/state", StateAsync).IsOpen().Produces<AuthStateDto>();
        auth.MapPost("/setup", SetupAsync).IsOpen().WritesOwnAudit().Accepts<SetupWrite>("application/json").Produces<SignedInDto>(201).Produces<ErrorBody>(401).Produces<ErrorBody>(429);
        auth.MapPost("/login", LoginAsync).IsOpen().WritesOwnAudit().Accepts<LoginWrite>("application/json").Produces<SignedInDto>().Produces<ErrorBody>(401).Produces<ErrorBody>(429);
        auth.MapPost("/logout", LogoutAsync).IsOpen().WritesOwnAudit().Produces(204);
        auth.MapGet("/me", (Caller caller) => Results.Json(CallerDto.Of(caller), BoxJson.Options)).Needs(Capability.None).HasNoCameras().Produces<CallerDto>();
    }

    /// <summary>Answers with a new session, and ends the one that the request came with: a cookie that was planted before is worth nothing after.</summary>
    public static async Task<IResult> EnterAsync(HttpContext context, SignInResult entered, Sessions sessions, int status)
    {
        if (SessionCookie.Read(context.Request) is { } planted && SecretToken.IsShaped(planted, Sessions.Prefix)) await sessions.EndAsync(SecretToken.Hash(planted), context.RequestAborted);
        SessionCookie.Set(context, entered.Token);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new SignedInDto(entered.Token, entered.ExpiresAt, CallerDto.Of(entered.User!.ToCaller())), BoxJson.Options, statusCode: status);
    }

    /// <summary>The answer to who tries too often, or null.</summary>
    public static IResult? Slow(HttpContext context, SignInBrake brake)
    {
        if (brake.Take(context.Connection.RemoteIpAddress) is not { } wait) return null;
        context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Problems.Result(429, ErrorCodes.TooMany, "too many tries; try again in a moment");
    }

    public static IResult Busy() => Problems.Result(503, ErrorCodes.TooMany, "too many people are signing in at once; try again in a moment");

    private static async Task<IResult> StateAsync(HttpContext context, Callers callers, Accounts accounts)
    {
        var (caller, _) = await callers.FindAsync(context);
        var needed = caller is null && await accounts.IsSetupNeededAsync(context.RequestAborted);
        return Results.Json(new AuthStateDto(needed, caller is null ? null : CallerDto.Of(caller)), BoxJson.Options);
    }

    private static async Task<IResult> SetupAsync(HttpContext context, SignInBrake brake, Accounts accounts, SignIn signIn, Sessions sessions)
    {
        if (!SessionCookie.MayChange(context.Request)) return Forged();
        if (Slow(context, brake) is { } slow) return slow;
        var (body, refusal) = await RequestBody.ReadAsync<SetupWrite>(context.Request, context.RequestAborted);
        if (body is null) return refusal!;
        if (UserNames.Read(body.Name) is not { } name) return UserEndpoints.BadName();
        if (PasswordWork.Mistake(body.Password, name) is { } mistake) return Problems.BadRequest(mistake);
        var (outcome, user) = await accounts.SetUpAsync(body.Code, name, body.Password!, Callers.AddressOf(context), context.RequestAborted);
        if (outcome == AccountOutcome.Busy) return Busy();
        if (user is null) return Problems.Result(401, ErrorCodes.Unauthenticated, "the set-up code is wrong, used or expired, or an account exists already; 'heldar-edge setup-code' makes a new code");
        return await EnterAsync(context, await signIn.OpenAsync(user.Id, Callers.AddressOf(context), context.RequestAborted), sessions, 201);
    }

    private static async Task<IResult> LoginAsync(HttpContext context, SignInBrake brake, SignIn signIn, Sessions sessions)
    {
        if (!SessionCookie.MayChange(context.Request)) return Forged();
        if (Slow(context, brake) is { } slow) return slow;
        var (body, refusal) = await RequestBody.ReadAsync<LoginWrite>(context.Request, context.RequestAborted);
        if (body is null) return refusal!;
        if (body.Password is not { Length: >= 1 and <= PasswordWork.MaxLength }) return Problems.BadRequest($"password must be text of 1 to {PasswordWork.MaxLength} characters");
        var entered = await signIn.EnterAsync(body.Name ?? body.Username, body.Password, body.Code, Callers.AddressOf(context), context.RequestAborted);
        return entered.Outcome switch
        {
            SignInOutcome.Done => await EnterAsync(context, entered, sessions, 200),
            SignInOutcome.CodeNeeded => Problems.Result(401, "code_needed", "send the code of the authenticator app, or a recovery code, as code"),
            SignInOutcome.Busy => Busy(),
            _ => Problems.Result(
                401, ErrorCodes.Unauthenticated, $"name, password or code is wrong; after {SignIn.MaxFailures} wrong ones an account is locked for {SignIn.LockOut.TotalMinutes:0} minutes"),
        };
    }

    private static async Task<IResult> LogoutAsync(HttpContext context, Callers callers, Sessions sessions, IAuditLog audit)
    {
        if (!SessionCookie.MayChange(context.Request)) return Forged();
        if (await callers.FindAsync(context) is { Caller: { Session: { } session } caller })
        {
            await sessions.EndAsync(session, context.RequestAborted);
            await audit.AppendAsync(new AuditEntry(caller.Actor, "user.signed_out", caller.Name), context.RequestAborted);
        }

        SessionCookie.Clear(context);
        return Results.NoContent();
    }

    private static IResult Forged() => Problems.Result(403, ErrorCodes.Forbidden, $"send the header {SessionCookie.CsrfHeader}: 1 with every call that changes something");
}
