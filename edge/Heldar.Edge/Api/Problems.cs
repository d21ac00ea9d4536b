using Heldar.Contracts.Api;

namespace Heldar.Edge.Api;

/// <summary>The one way to answer an error: <c>{"error","code"}</c>.</summary>
internal static class Problems
{
    public static Task WriteAsync(HttpContext context, int status, string code, string error)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new ErrorBody(error, code), BoxJson.Options, context.RequestAborted);
    }

    public static IResult Result(int status, string code, string error) => Results.Json(new ErrorBody(error, code), BoxJson.Options, statusCode: status);

    public static IResult BadRequest(string error) => Result(400, ErrorCodes.BadRequest, error);

    public static IResult NotFound(string error) => Result(404, ErrorCodes.NotFound, error);

    public static IResult Conflict(string error) => Result(409, ErrorCodes.Conflict, error);

    public static IResult Unavailable(string error) => Result(503, ErrorCodes.Unavailable, error);
}
