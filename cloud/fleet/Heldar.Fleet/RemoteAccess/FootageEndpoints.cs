using System.Text.RegularExpressions;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Boxes;
using NodaTime;

namespace Heldar.Fleet.RemoteAccess;

/// <summary><c>GET /media/{camera}/{start}.mp4</c> for people, and the call by which replicas ask each other for the same.</summary>
internal static partial class FootageEndpoints
{
    public static void MapFootage(this IEndpointRouteBuilder app)
    {
        app.MapMethods("/media/{camera:guid}/{file}", [HttpMethods.Get, HttpMethods.Head], PlayAsync)
            .Needs(Need.Viewer).WithTags("RemoteAccess").Produces(200, contentType: Video).Produces(206, contentType: Video).Produces<ErrorBody>(404).Produces<ErrorBody>(503);
        app.MapGet(ReplicaClient.Path, ForReplicaAsync).Needs(Need.Replica).ExcludeFromDescription();
    }

    private const string Video = "video/mp4";

    private static async Task<IResult> PlayAsync(HttpContext context, Caller caller, Guid camera, string file, BoxDirectory boxes, BoxReach reach)
    {
        if (!file.EndsWith(".mp4", StringComparison.Ordinal) || !QueryText.TryTime(file[..^4], out var start))
            throw new BadInputException("name the footage by its start, such as /media/{camera}/2026-11-21T04:37:00Z.mp4");
        if (await boxes.BoxOfAsync(caller.Tenant, camera, context.RequestAborted) is not { } box) return Answers.NotFound("there is no such camera");
        var reply = await reach.AskAsync(caller.Tenant, box, Request(camera, start, context.Request.Headers.Range), context.RequestAborted);
        return reply.Answer is { } answer ? new FootageResult(answer, Video) : Answers.Refuse(reply.Refusal!);
    }

    private static async Task<IResult> ForReplicaAsync(HttpContext context, ReplicaRequest asked, BoxReach reach)
    {
        var reply = await reach.AskHereAsync(asked.Tenant, asked.Box, asked.Request, context.RequestAborted);
        return reply.Answer is { } answer ? new FootageResult(answer, null) : Answers.Refuse(reply.Refusal!);
    }

    private static TunnelRequest Request(Guid camera, Instant start, string? range) =>
        new(HttpMethods.Get, $"/footage/{camera:D}/{InstantText.Format(start)}", range is not null && OneRange().IsMatch(range) ? range : null);

    /// <summary>One byte range (RFC 9110 §14.1.2); a server may ignore any other, and this one does.</summary>
    [GeneratedRegex(@"^bytes=(\d{1,18}-\d{0,18}|-\d{1,18})$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OneRange();
}

/// <summary>
/// Writes a box's answer to a viewer. Only video passes to people: a box that answers anything else could otherwise put a page on the portal's own address.
/// </summary>
internal sealed partial class FootageResult(BoxAnswer answer, string? onlyType) : IResult
{
    public async Task ExecuteAsync(HttpContext context)
    {
        await using var closing = answer;
        var head = answer.Head;
        var response = context.Response;
        if (head.Status is 404)
        {
            await Answers.NotFound("the box has no footage there; it may have been deleted since").ExecuteAsync(context);
            return;
        }

        if (head.Status is not (200 or 206 or 416) || (head.Status is not 416 && onlyType is not null && head.ContentType != onlyType))
        {
            await Answers.Refuse(502, ErrorCodes.Unavailable, $"the box answered {head.Status}, which is not footage").ExecuteAsync(context);
            return;
        }

        response.StatusCode = head.Status;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.CacheControl = "private, no-cache";
        if (head.ContentRange is { } range && ContentRange().IsMatch(range)) response.Headers.ContentRange = range;
        if (head.Status is 416) return;
        response.ContentType = onlyType ?? head.ContentType;
        response.ContentLength = head.ContentLength;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        await CopyAsync(context);
    }

    private async Task CopyAsync(HttpContext context)
    {
        try
        {
            // Players decide by the head; it must not wait for the first bytes of a slow box.
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await answer.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (Exception cut) when (cut is BoxGoneException or BoxErrorException or TimeoutException)
        {
            var log = context.RequestServices.GetRequiredService<ILogger<FootageResult>>();
            Cut(log, context.Request.Path, cut.Message);

            // Part of the body is out: only a broken connection tells the viewer that the rest is missing.
            context.Abort();
        }
    }

    [GeneratedRegex(@"^bytes (\d{1,18}-\d{1,18}/(\d{1,18}|\*)|\*/\d{1,18})$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ContentRange();

    [LoggerMessage(2401, LogLevel.Information, "{Path} cut off: {Cause}")]
    private static partial void Cut(ILogger log, PathString path, string cause);
}
