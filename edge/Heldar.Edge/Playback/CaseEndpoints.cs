using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;

namespace Heldar.Edge.Playback;

/// <summary>The footage of a case: every segment that one of its holds covers.</summary>
internal static class CaseEndpoints
{
    public static void MapCaseSegments(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/incidents/{id}/segments", ListAsync).WithTags("evidence").Needs(Capability.VideoPlayback).FiltersCameras().Produces<IReadOnlyList<SegmentDto>>().Produces<ErrorBody>(404);

    private static async Task<IResult> ListAsync(
        string id, Caller caller, SegmentIndex index, CameraRegistry cameras, IFootage footage, SignedLinks links, CancellationToken cancellation)
    {
        var holds = id.Length <= 128 ? (await index.HoldsOfCaseAsync(id, SegmentEndpoints.MaxPage, cancellation)).Where(h => caller.Sees(cameras.Find(h.Data.Camera)?.Slug)).ToList() : [];
        if (holds.Count == 0) return Problems.NotFound("there is no such case on this box");
        var found = new Dictionary<Guid, Footage>();
        foreach (var hold in holds)
        {
            if (found.Count >= SegmentEndpoints.MaxPage) break;
            foreach (var one in await footage.FindAsync(hold.Data.Camera, hold.Data.From, hold.Data.To, SegmentEndpoints.MaxPage, cancellation)) found.TryAdd(one.Id, one);
        }

        var oldest = found.Values.OrderBy(f => f.Start).ThenBy(f => f.Id).Take(SegmentEndpoints.MaxPage);
        // A camera that is gone is named by its uid.
        return Results.Json(oldest.Select(f => SegmentEndpoints.ToDto(f, cameras.Find(f.Camera)?.Slug ?? f.Camera.ToString("D"), links, caller)).ToList(), BoxJson.Options);
    }
}
