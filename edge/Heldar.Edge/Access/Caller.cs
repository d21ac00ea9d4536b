using Heldar.Edge.Audit;

namespace Heldar.Edge.Access;

/// <summary>What a caller is.</summary>
internal enum CallerKind
{
    User,
    ApiKey,
}

/// <summary>
/// Who a request comes from. Endpoints take it as a parameter, and leave out of their answers what <see cref="Cameras"/> does not see.
/// </summary>
/// <param name="Kind">Person or machine.</param>
/// <param name="Id">Id of the account or key.</param>
/// <param name="Name">Its name.</param>
/// <param name="Role">Its role; null for a key with capabilities of its own.</param>
/// <param name="Capabilities">What it may do.</param>
/// <param name="Cameras">Which cameras it may know of.</param>
internal sealed record Caller(CallerKind Kind, Guid Id, string Name, BoxRole? Role, Capability Capabilities, CameraScope Cameras)
{
    /// <summary>Hash of the session's token; null for a key.</summary>
    public string? Session { get; init; }

    /// <summary>The network address of the request; null outside one.</summary>
    public string? From { get; init; }

    /// <summary>How the audit log names it.</summary>
    public AuditActor Actor => new(Kind == CallerKind.User ? $"user:{Name}" : $"key:{Name}", From);

    /// <summary>Its rank for evidence holds; a key with capabilities of its own ranks as a viewer.</summary>
    public BoxRole Rank => Role ?? BoxRole.Viewer;

    public bool Can(Capability capability) => (Capabilities & capability) == capability;

    /// <summary>Whether it may know of the camera with this id; null for one that the box does not have any more.</summary>
    public bool Sees(string? camera) => Cameras.Sees(camera);

    /// <summary>Who <see cref="AccessMiddleware"/> let in, with a signed link who made it; null on open routes.</summary>
    public static Caller? Of(HttpContext context) => context.Features.Get<Caller>();

    /// <summary>Minimal API binding.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) =>
        ValueTask.FromResult<Caller?>(Of(context) ?? throw new InvalidOperationException("the route takes a Caller but needs none"));
}
