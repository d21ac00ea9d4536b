namespace Heldar.Fleet.Access;

/// <summary>Roles of people. An administrator may do what a viewer may.</summary>
internal enum Role
{
    /// <summary>Sees sites, boxes, cameras and recordings.</summary>
    Viewer,

    /// <summary>May also make sites and enrolment tokens.</summary>
    Admin,
}

/// <summary>The signed-in person of a request. Endpoints take it as a parameter; <see cref="Tenant"/> guards each query.</summary>
internal sealed record Caller(string Tenant, Guid Person, string Name, Role Role)
{
    /// <summary>Minimal API binding: who <see cref="PersonCheck"/> let in.</summary>
    public static ValueTask<Caller> BindAsync(HttpContext context) =>
        ValueTask.FromResult(context.Features.Get<Caller>() ?? throw new InvalidOperationException("the route takes a Caller but does not need a person"));
}
