using System.Text.Json.Serialization;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Api;
using Heldar.Fleet.Audit;
using Heldar.Fleet.Settings;

namespace Heldar.Fleet.Access;

internal sealed record PersonView(Guid Id, string Name, Role Role)
{
    public static PersonView Of(Caller caller) => new(caller.Person, caller.Name, caller.Role);
}

/// <summary>Whether the first account is still to be made, and who is signed in; <c>user</c> is null for nobody.</summary>
internal sealed record AuthState(bool SetupNeeded, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] PersonView? User);

internal sealed record SetupRequest(string Code, string Name, string Password);

internal sealed record LoginRequest(string Name, string Password);

internal sealed record SignedIn(PersonView User);

/// <summary>Sign-in of people under <c>/api/v1/auth</c>.</summary>
internal static class AuthEndpoints
{
    /// <summary>Name of the rate limit for calls that hash passwords or try tokens.</summary>
    public const string RateLimit = "sign-in";

    public static void MapAuth(this IEndpointRouteBuilder app)
    {
        var auth = app.MapGroup("/api/v1/auth").WithTags("Access");
        auth.MapGet("/state", StateAsync).Needs(Need.Nothing).Produces<AuthState>();
        auth.MapGet("/me", (Caller caller) => Results.Json(PersonView.Of(caller), HeldarJson.Options)).Needs(Need.Viewer).Produces<PersonView>();
        auth.MapPost("/setup", SetupAsync).Needs(Need.Nothing).RequireRateLimiting(RateLimit).Accepts<SetupRequest>("application/json").Produces<SignedIn>();
        auth.MapPost("/login", LoginAsync).Needs(Need.Nothing).RequireRateLimiting(RateLimit).Accepts<LoginRequest>("application/json").Produces<SignedIn>();
        auth.MapPost("/logout", LogoutAsync).Needs(Need.Viewer).Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> StateAsync(HttpContext context, People people, Sessions sessions)
    {
        var caller = await sessions.FindAsync(context.Request.Cookies[SessionCookie.Name], context.RequestAborted);
        bool needed = caller is null && await people.IsSetupNeededAsync(Names.DefaultTenant, context.RequestAborted);
        return Results.Json(new AuthState(needed, caller is null ? null : PersonView.Of(caller)), HeldarJson.Options);
    }

    private static async Task<IResult> SetupAsync(HttpContext context, People people, Sessions sessions, FleetOptions options)
    {
        if (PersonCheck.RefuseForgery(context.Request) is { } forged) return Answers.Refuse(forged);
        var request = await JsonBody.ReadAsync<SetupRequest>(context);
        string name = CheckName(request.Name);
        if (request.Password is not { Length: >= 12 and <= 256 }) throw new BadInputException("the password must have 12 to 256 characters");
        var caller = await people.SetUpAsync(Names.DefaultTenant, request.Code, name, request.Password, context.RequestAborted);
        return caller is null
            ? Answers.Refuse(401, ErrorCodes.Unauthenticated, "the set-up code is wrong, used or expired, or an account exists already; make a new code with 'heldar-fleet setup-code'")
            : await EnterAsync(context, sessions, options, caller);
    }

    private static async Task<IResult> LoginAsync(HttpContext context, People people, Sessions sessions, FleetOptions options)
    {
        if (PersonCheck.RefuseForgery(context.Request) is { } forged) return Answers.Refuse(forged);
        var request = await JsonBody.ReadAsync<LoginRequest>(context);
        string name = CheckName(request.Name);
        if (request.Password is not { Length: >= 1 and <= 256 }) throw new BadInputException("password must be text of 1 to 256 characters");
        var caller = await people.SignInAsync(Names.DefaultTenant, name, request.Password, context.RequestAborted);
        return caller is null
            ? Answers.Unauthenticated($"the name or password is wrong; after {People.MaxFailures} wrong passwords an account is locked for {People.LockOut.Minutes} minutes")
            : await EnterAsync(context, sessions, options, caller);
    }

    private static async Task<IResult> LogoutAsync(HttpContext context, Caller caller, Sessions sessions, AuditTrail audit)
    {
        await sessions.CloseAsync(context.Request.Cookies[SessionCookie.Name], context.RequestAborted);
        await audit.AppendAsync(caller.Tenant, caller.Name, AuditActions.SignOut, caller.Person.ToString("D"), null, context.RequestAborted);
        SessionCookie.Clear(context);
        return Results.NoContent();
    }

    private static async Task<IResult> EnterAsync(HttpContext context, Sessions sessions, FleetOptions options, Caller caller)
    {
        // A fresh token at every sign-in: a cookie that was planted before it is worth nothing after it.
        await sessions.CloseAsync(context.Request.Cookies[SessionCookie.Name], context.RequestAborted);
        SessionCookie.Set(context, await sessions.OpenAsync(caller.Tenant, caller.Person, context.RequestAborted), options.SessionLength.ToTimeSpan());
        return Results.Json(new SignedIn(PersonView.Of(caller)), HeldarJson.Options);
    }

    private static string CheckName(string? name) =>
        name?.Trim() is { Length: >= 1 and <= 64 } text && !text.Any(char.IsControl) ? text : throw new BadInputException("name must be 1 to 64 printable characters");
}
