namespace Heldar.Fleet.Boxes;

/// <summary>The box that signed a request. Endpoints take it as a parameter; <see cref="Tenant"/> guards each query.</summary>
internal sealed record BoxCaller(string Tenant, string Site, Guid Box, string Shard)
{
    /// <summary>Minimal API binding: what <see cref="BoxSignatureCheck"/> found.</summary>
    public static ValueTask<BoxCaller> BindAsync(HttpContext context) =>
        ValueTask.FromResult(context.Features.Get<BoxCaller>() ?? throw new InvalidOperationException("the route takes a BoxCaller but does not need a box"));
}
