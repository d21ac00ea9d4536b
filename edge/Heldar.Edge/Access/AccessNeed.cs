namespace Heldar.Edge.Access;

/// <summary>The access decision of a route, kept in its metadata. A route without one is refused and fails the route census.</summary>
/// <param name="Capability">What the caller must be able to do; null for a route that is open to everyone.</param>
/// <param name="SignedLink">A valid signed link stands for who made it, as far as he may still see what it leads to.</param>
internal sealed record AccessNeed(Capability? Capability, bool SignedLink = false);

/// <summary>What a route does about callers that may know some cameras only.</summary>
internal enum ScopeRule
{
    /// <summary>It is about the whole box: such callers are refused.</summary>
    BoxWide,

    /// <summary>A value of the route is a camera's id: one out of scope answers like one that does not exist.</summary>
    InRoute,

    /// <summary>The endpoint itself leaves out what is out of scope, and answers for a single such item as if it did not exist.</summary>
    Filters,

    /// <summary>Nothing in it tells of a camera.</summary>
    NoCameras,
}

/// <summary>The camera-scope decision of a route, kept in its metadata. Without one a route counts as <see cref="ScopeRule.BoxWide"/> and fails the route census.</summary>
/// <param name="Rule">What it does.</param>
/// <param name="RouteValue">For <see cref="ScopeRule.InRoute"/>: the route value that is the camera's id.</param>
internal sealed record ScopeNeed(ScopeRule Rule, string RouteValue = "id")
{
    /// <summary>What everybody answers for a camera that the box does not have, or that the caller may not know of.</summary>
    public const string NoSuchCamera = "there is no such camera on this box";
}

/// <summary>A route that writes its own audit entries, or that changes nothing; all other routes that change something are written down when they succeed.</summary>
internal sealed record AuditsItself;

/// <summary>How routes state their decisions.</summary>
internal static class AccessNeedExtensions
{
    /// <summary>Open to everyone: liveness, readiness and signing in.</summary>
    public static TBuilder IsOpen<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessNeed(null), new ScopeNeed(ScopeRule.NoCameras));

    /// <summary>Needs a capability; <see cref="Capability.None"/> for any caller that shows who he is. State the camera scope too.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, Capability capability) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessNeed(capability));

    /// <summary>Needs the capability; a valid signed link shows it for who made it.</summary>
    public static TBuilder NeedsLinkOr<TBuilder>(this TBuilder route, Capability capability) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessNeed(capability, SignedLink: true));

    /// <summary>About the whole box: refused for callers that may know some cameras only.</summary>
    public static TBuilder BoxWide<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new ScopeNeed(ScopeRule.BoxWide));

    /// <summary>About the camera whose id is a value of the route.</summary>
    public static TBuilder OfCamera<TBuilder>(this TBuilder route, string routeValue = "id") where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new ScopeNeed(ScopeRule.InRoute, routeValue));

    /// <summary>The endpoint takes the <see cref="Caller"/> and leaves out what is out of his scope.</summary>
    public static TBuilder FiltersCameras<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new ScopeNeed(ScopeRule.Filters));

    /// <summary>Tells of no camera.</summary>
    public static TBuilder HasNoCameras<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new ScopeNeed(ScopeRule.NoCameras));

    /// <summary>Writes its own audit entries, or changes nothing although its method says so.</summary>
    public static TBuilder WritesOwnAudit<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AuditsItself());
}
