namespace Heldar.Edge.Access;

/// <summary>What a caller may do. Higher includes lower.</summary>
internal enum BoxRole
{
    /// <summary>Look at cameras, footage and state.</summary>
    Viewer = 1,

    /// <summary>Everything.</summary>
    Admin = 2,
}

/// <summary>The access decision of a route, kept in its metadata. A route without one is refused and fails the route census.</summary>
/// <param name="Role">Least role, or null for a route that is open to everyone.</param>
/// <param name="SignedLink">A valid signed link is enough.</param>
internal sealed record AccessNeed(BoxRole? Role, bool SignedLink = false);

/// <summary>How routes state their need.</summary>
internal static class AccessNeedExtensions
{
    /// <summary>Open to everyone: only liveness and readiness.</summary>
    public static TBuilder IsOpen<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessNeed(null));

    /// <summary>Needs a key with at least this role.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, BoxRole role) where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessNeed(role));

    /// <summary>Needs a signed link, or a key with at least this role.</summary>
    public static TBuilder NeedsLinkOr<TBuilder>(this TBuilder route, BoxRole role) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessNeed(role, SignedLink: true));
}
