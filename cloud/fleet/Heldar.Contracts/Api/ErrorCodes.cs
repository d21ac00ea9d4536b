namespace Heldar.Contracts.Api;

/// <summary>Every HTTP error is <c>{"error":"text for people","code":"one of these"}</c>, with more fields where they help.</summary>
/// <param name="Error">What went wrong and what to do.</param>
/// <param name="Code">Stable word for programs: see <see cref="ErrorCodes"/>.</param>
public sealed record ErrorBody(string Error, string Code);

/// <summary>Stable error words.</summary>
public static class ErrorCodes
{
    public const string BadRequest = "bad_request";
    public const string Unauthenticated = "unauthenticated";
    public const string Forbidden = "forbidden";
    public const string NotFound = "not_found";
    public const string Conflict = "conflict";
    public const string TooLarge = "too_large";
    public const string TooMany = "too_many";
    public const string BoxOffline = "box_offline";
    public const string ClockSkew = "clock_skew";
    public const string TokenExpired = "token_expired";
    public const string Unavailable = "unavailable";
}
