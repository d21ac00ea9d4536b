using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Playback;

/// <summary>Routes that serve footage itself. A file is looked up by its id; no path is ever built from a request.</summary>
internal static partial class MediaEndpoints
{
    public static void MapMedia(this IEndpointRouteBuilder app) =>
        app.MapGet("/media/recordings/{file}", GetAsync).NeedsLinkOr(Capability.VideoPlayback).FiltersCameras().WithTags("footage").Produces(200, contentType: "video/mp4").Produces(206).Produces<ErrorBody>(404).Produces<ErrorBody>(503);

    private static async Task<IResult> GetAsync(string file, Caller caller, CameraRegistry cameras, IFootage footage, ReadLocks locks, ILogger<FileWindow> log, CancellationToken cancellation)
    {
        if (file.Length != 40 || !file.EndsWith(".mp4", StringComparison.Ordinal) || !Guid.TryParseExact(file[..36], "D", out var id)) return Missing();
        if (await footage.FindByIdAsync(id, cancellation) is not { } found) return Missing();

        // With a signed link the caller is who made it.
        if (!caller.Sees(cameras.Find(found.Camera)?.Slug)) return Missing();
        if (locks.TryRead(id) is not { } kept) return Missing();
        try
        {
            // A running segment has no fixed content yet, so only a closed one gets a validator.
            return Results.Stream(
                new FileWindow(found.Path, 0, found.Bytes, kept, isFinal: !found.Open), "video/mp4", enableRangeProcessing: true,
                entityTag: found.Open || found.Sha256 is null ? null : new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{found.Sha256}\""));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            kept.Dispose();
            return Missing();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            kept.Dispose();
            LogUnreadable(log, id, e);
            return Problems.Unavailable("the recording is there, but its disk does not give it: see the box's log");
        }
        catch
        {
            kept.Dispose();
            throw;
        }
    }

    [LoggerMessage(3801, LogLevel.Error, "segment {Segment} cannot be read")]
    private static partial void LogUnreadable(ILogger log, Guid segment, Exception error);

    private static IResult Missing() => Problems.NotFound("there is no such recording on this box");
}
