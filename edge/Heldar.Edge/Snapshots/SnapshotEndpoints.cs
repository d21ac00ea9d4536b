using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Playback;

namespace Heldar.Edge.Snapshots;

/// <summary>Still pictures of a camera, recorded or now.</summary>
internal static class SnapshotEndpoints
{
    private static readonly TimeSpan KeyframeTimeout = TimeSpan.FromSeconds(5);

    public static void MapSnapshots(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/cameras/{id}/snapshot", GetAsync).Needs(Capability.VideoPlayback).OfCamera().WithTags("footage")
            .Produces(200, contentType: "image/jpeg").Produces<ErrorBody>(400).Produces<ErrorBody>(404).Produces<ErrorBody>(503);

    private static async Task<IResult> GetAsync(string id, string? at, CameraRegistry cameras, IFootage footage, JpegDecoder decoder, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        try
        {
            if (at is not null)
            {
                if (!InstantText.TryParse(at, out var instant)) return Problems.BadRequest("at must be a time such as 2026-11-21T04:37:00Z");
                if (await footage.FindAtAsync(camera.Uid, instant, cancellation) is not { } found) return Problems.NotFound("nothing is recorded at that time");
                return Results.Bytes(await decoder.FromFileAsync(found.Path, (instant - found.Start).TotalSeconds, null, cancellation), "image/jpeg");
            }

            if (await KeyframeCatcher.CatchAsync(cameras, camera.Uid, KeyframeTimeout, cancellation) is not { } keyframe)
                return Problems.Unavailable("the camera sends no picture now");
            return Results.Bytes(await decoder.FromStreamAsync(keyframe.AnnexB, keyframe.Format, null, cancellation), "image/jpeg");
        }
        catch (SnapshotException e)
        {
            return e.Busy ? Problems.Result(503, ErrorCodes.TooMany, e.Message) : Problems.Unavailable(e.Message);
        }
    }
}
