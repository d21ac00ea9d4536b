using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Boxes;
using Heldar.Fleet.RemoteAccess;
using NodaTime;

namespace Heldar.Fleet.Posters;

/// <summary>
/// <c>GET /api/v1/cameras/{camera}/poster</c>: a fresh still through the tunnel, kept in PostgreSQL; the last kept one when the box is away, slow or answers
/// something that is not a JPEG picture.
/// </summary>
internal static class PosterEndpoints
{
    /// <summary>When the picture was got, RFC 3339.</summary>
    public const string TimeHeader = "Heldar-Poster-Time";

    /// <summary><c>live</c> when it came from the box within <see cref="FreshFor"/>, else <c>kept</c>.</summary>
    public const string OriginHeader = "Heldar-Poster-Origin";

    /// <summary>A still younger than this is served again without asking the box.</summary>
    public static readonly Duration FreshFor = Duration.FromSeconds(10);

    public static void MapPosters(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/cameras/{camera:guid}/poster", PosterAsync)
            .Needs(Need.Viewer).WithTags("Posters").Produces(200, contentType: "image/jpeg").Produces<ErrorBody>(404);

    private static async Task<IResult> PosterAsync(HttpContext context, Caller caller, Guid camera, BoxDirectory boxes, BoxReach reach, PosterStore store, IClock clock)
    {
        var cancellation = context.RequestAborted;
        if (await boxes.BoxOfAsync(caller.Tenant, camera, cancellation) is not { } box) return Answers.NotFound("there is no such camera");
        var now = clock.GetCurrentInstant();
        var kept = await store.FindAsync(caller.Tenant, camera, cancellation);
        if (kept is not null && kept.TakenAt > now - FreshFor) return Picture(context, kept, "live");

        var reply = await reach.AskAsync(caller.Tenant, box, new TunnelRequest(HttpMethods.Get, $"/poster/{camera:D}", null), cancellation);
        if (reply.Answer is { } answer && await ReadAsync(answer, cancellation) is { } jpeg)
        {
            var poster = new Poster(jpeg, now);
            await store.KeepAsync(caller.Tenant, camera, poster, cancellation);
            return Picture(context, poster, "live");
        }

        return kept is null ? Answers.NotFound("no picture of this camera was ever seen") : Picture(context, kept, "kept");
    }

    /// <summary>The whole picture; null when it is no JPEG, too large or cut off.</summary>
    private static async Task<byte[]?> ReadAsync(BoxAnswer answer, CancellationToken cancellation)
    {
        await using var closing = answer;
        if (answer.Head is not { Status: 200, ContentType: "image/jpeg" } || answer.Head.ContentLength > PosterStore.MaxBytes) return null;
        using var buffer = new BoundedStream(PosterStore.MaxBytes);
        try
        {
            await answer.CopyToAsync(buffer, cancellation);
        }
        catch (Exception cut) when (cut is IOException or TimeoutException)
        {
            return null;
        }

        byte[] jpeg = buffer.ToArray();
        return jpeg is [0xFF, 0xD8, 0xFF, ..] ? jpeg : null;
    }

    private static IResult Picture(HttpContext context, Poster poster, string origin)
    {
        context.Response.Headers[TimeHeader] = InstantText.Format(poster.TakenAt);
        context.Response.Headers[OriginHeader] = origin;
        context.Response.Headers.CacheControl = "private, no-cache";
        return Results.Bytes(poster.Jpeg, "image/jpeg");
    }

    /// <summary>Memory that refuses to grow beyond a bound.</summary>
    private sealed class BoundedStream(int most) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Length + buffer.Length > most ? throw new IOException($"more than {most} bytes") : base.WriteAsync(buffer, cancellationToken);
    }
}
