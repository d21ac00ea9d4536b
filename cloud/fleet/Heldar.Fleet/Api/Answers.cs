using Heldar.Contracts;
using Heldar.Contracts.Api;

namespace Heldar.Fleet.Api;

/// <summary>Every answer that is not a success: <c>{"error","code"}</c> with a text that names cause and fix.</summary>
internal static class Answers
{
    public static IResult BadRequest(string error) => Refuse(StatusCodes.Status400BadRequest, ErrorCodes.BadRequest, error);

    public static IResult Unauthenticated(string error) => Refuse(StatusCodes.Status401Unauthorized, ErrorCodes.Unauthenticated, error);

    public static IResult NotFound(string error) => Refuse(StatusCodes.Status404NotFound, ErrorCodes.NotFound, error);

    public static IResult Conflict(string error) => Refuse(StatusCodes.Status409Conflict, ErrorCodes.Conflict, error);

    public static IResult Unavailable(string error, string code = ErrorCodes.Unavailable) => Refuse(StatusCodes.Status503ServiceUnavailable, code, error);

    public static IResult Refuse(int status, string code, string error) => Results.Json(new ErrorBody(error, code), HeldarJson.Options, statusCode: status);

    public static IResult Refuse(Refusal refusal) => Results.Json(refusal.Body, HeldarJson.Options, statusCode: refusal.Status);

    /// <summary>Writes a refusal where no endpoint runs.</summary>
    public static Task WriteAsync(HttpContext context, Refusal refusal)
    {
        context.Response.StatusCode = refusal.Status;
        return context.Response.WriteAsJsonAsync(refusal.Body, refusal.Body.GetType(), HeldarJson.Options, context.RequestAborted);
    }
}

/// <summary>An expected failure on its way to HTTP. <see cref="Body"/> is an <see cref="ErrorBody"/> or a record with its fields and more.</summary>
internal sealed record Refusal(int Status, object Body)
{
    public static Refusal Of(int status, string code, string error) => new(status, new ErrorBody(error, code));
}
