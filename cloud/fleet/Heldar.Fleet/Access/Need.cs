namespace Heldar.Fleet.Access;

/// <summary>What a route asks of its caller. Every route states one; a route without one is refused.</summary>
internal enum Need
{
    /// <summary>Nobody in particular: health, sign-in, the portal's own files.</summary>
    Nothing,

    /// <summary>A signed-in person of any role.</summary>
    Viewer,

    /// <summary>A signed-in administrator.</summary>
    Admin,

    /// <summary>A box, by its signature.</summary>
    Box,

    /// <summary>Another replica of this service.</summary>
    Replica,

    /// <summary>Who reads the metrics, by the token for it, or an administrator.</summary>
    Scraper,
}

/// <summary>Route metadata: the decision about who may call it.</summary>
internal sealed record RouteNeed(Need Need);

/// <summary>Says who may call a route or a group of routes.</summary>
internal static class RouteNeedExtensions
{
    public static TBuilder Needs<TBuilder>(this TBuilder route, Need need)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new RouteNeed(need));
}

/// <summary>Checks one kind of caller and, when it passes, leaves who it is in the request's features. Stateless and thread-safe.</summary>
internal interface ICallerCheck
{
    /// <summary>Whether this check answers for a need.</summary>
    bool Covers(Need need);

    /// <summary>Null when the caller may go on; else the answer.</summary>
    ValueTask<Api.Refusal?> CheckAsync(HttpContext context, Need need);
}
