using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>Routes about refilling gaps; the gaps themselves are listed by <c>/gaps</c>.</summary>
internal static class AnrEndpoints
{
    public static void MapAnr(this IEndpointRouteBuilder app)
    {
        foreach (var path in (string[])["gaps", "recording-gaps"])
            app.MapPost($"/api/v1/cameras/{{id}}/{path}/{{gap}}/retry", RetryAsync).WithTags("footage").Needs(Capability.RegistryManage).OfCamera()
                .Produces<GapDto>(202).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
    }

    private static async Task<IResult> RetryAsync(
        string id, string gap, CameraRegistry cameras, IStoreReader reader, IStoreWriter store, AnrService service, IClock clock, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        var found = Guid.TryParse(gap, out var known) ? await reader.ReadAsync(db => GapFillRows.Find(db, known), cancellation) : null;
        if (found is null || found.Gap.Camera != camera.Uid) return Problems.NotFound("there is no such gap of this camera");
        if (!camera.Anr) return Problems.Conflict("refilling from the camera's own storage is off for this camera");
        if (found.Gap.End is not { } end) return Problems.Conflict("the gap has not ended yet");
        if (end <= found.Gap.Start) return Problems.Conflict("the gap is filled");
        if (!AnrService.Causes.Contains(found.Gap.Cause)) return Problems.Conflict("a gap of this cause is not refilled");
        var now = clock.GetCurrentInstant();
        var again = found.Fill is { } before
            ? before with { State = before.Taken.Count > 0 ? FillState.Partial : FillState.Pending, Attempts = 0, NextAt = now, Error = null }
            : new GapFill(known, camera.Uid, found.Gap.Start, end, FillState.Pending, 0, now, [], null);
        await store.EnqueueAsync(db => GapFillRows.Put(db, again), cancellation);
        service.Wake();
        return Results.Json(GapEndpoints.ToDto(found with { Fill = again }, camera.Slug, now), BoxJson.Options, statusCode: 202);
    }
}
