using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Holds;

/// <summary>Routes about evidence: holds by range, locks of single segments, cases.</summary>
internal static class HoldEndpoints
{
    private const int MaxListed = 5000;

    public static void MapHolds(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1").WithTags("evidence");
        group.MapGet("/holds", ListAsync).Needs(Capability.EventsRead).FiltersCameras().Produces<IReadOnlyList<HoldDto>>();
        group.MapPost("/holds", PlaceAsync).Needs(Capability.EvidenceHold).FiltersCameras().WritesOwnAudit().Produces<HoldDto>(201).Produces<ErrorBody>(400).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapDelete("/holds/{id}", ReleaseAsync).Needs(Capability.EvidenceRelease).FiltersCameras().WritesOwnAudit().Produces(204).Produces<ErrorBody>(403).Produces<ErrorBody>(404);
        group.MapPost("/segments/{id}/evidence-lock", LockAsync).Needs(Capability.EvidenceHold).FiltersCameras().WritesOwnAudit().Produces<HoldDto>(201).Produces<ErrorBody>(404);
        group.MapDelete("/segments/{id}/evidence-lock", UnlockAsync).Needs(Capability.EvidenceRelease).FiltersCameras().WritesOwnAudit().Produces(204).Produces<ErrorBody>(403).Produces<ErrorBody>(404);
        group.MapPatch("/segments/{id}/incident", IncidentAsync).Needs(Capability.EvidenceHold).FiltersCameras().WritesOwnAudit().Produces<HoldDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
        group.MapGet("/incidents", CasesAsync).Needs(Capability.EventsRead).FiltersCameras().Produces<IReadOnlyList<IncidentDto>>();
        group.MapGet("/incidents/{id}", CaseAsync).Needs(Capability.VideoPlayback).FiltersCameras().Produces<IReadOnlyList<HoldDto>>().Produces<ErrorBody>(404);
    }

    private static async Task<IResult> ListAsync(Caller caller, IStoreReader reader, CameraRegistry cameras, CancellationToken cancellation) =>
        Many(Seen(await reader.ReadAsync(db => HoldRows.Standing(db, MaxListed), cancellation), caller, cameras), cameras);

    private static async Task<IResult> PlaceAsync(HttpRequest request, Caller caller, CameraRegistry cameras, HoldBook book, IClock clock, CancellationToken cancellation)
    {
        var (wish, refusal) = await RequestBody.ReadAsync<HoldWrite>(request, cancellation);
        if (wish is null) return refusal!;
        if (cameras.Find(wish.CameraId ?? "") is not { } camera || !caller.Sees(camera.Slug)) return CameraEndpoints.NotFound();
        if (!InstantText.TryParse(wish.From ?? "", out var from) || !InstantText.TryParse(wish.To ?? "", out var to)) return Problems.BadRequest("from and to must be times such as 2026-11-21T04:37:00Z");
        return await HoldAsync(wish, camera.Uid, from, to, null, caller, cameras, book, clock, cancellation);
    }

    private static async Task<IResult> HoldAsync(
        HoldWrite wish, Guid camera, Instant from, Instant to, Guid? segment, Caller caller, CameraRegistry cameras, HoldBook book, IClock clock, CancellationToken cancellation)
    {
        Instant? expires = null;
        if (wish.ExpiresAt is { } text)
        {
            if (!InstantText.TryParse(text, out var at) || at <= clock.GetCurrentInstant()) return Problems.BadRequest("expires_at must be a time that is yet to come");
            expires = at;
        }

        var data = new HoldAppliedData
        {
            Hold = Guid.CreateVersion7(clock.GetCurrentInstant().ToDateTimeOffset()),
            Camera = camera,
            From = from,
            To = to,
            Reason = wish.Reason ?? "evidence",
            Owner = wish.Owner ?? caller.Name,
            Expires = expires,
            Case = wish.IncidentId,
        };
        if (data.Mistake() is { } mistake) return Problems.BadRequest(mistake);
        return await book.PlaceAsync(data, caller.Rank, caller.Actor, segment, cancellation) is { } hold
            ? Results.Json(ToDto(hold, cameras), BoxJson.Options, statusCode: 201)
            : Problems.Conflict($"{HoldBook.MaxStanding} holds stand already");
    }

    private static async Task<IResult> ReleaseAsync(string id, Caller caller, IStoreReader reader, CameraRegistry cameras, HoldBook book, CancellationToken cancellation)
    {
        if (!Guid.TryParseExact(id, "D", out var wanted)) return NoHold();
        if (await reader.ReadAsync(db => HoldRows.Find(db, wanted), cancellation) is not { } hold || !Sees(caller, cameras, hold.Data.Camera)) return NoHold();
        return Answer(await book.ReleaseAsync(wanted, caller.Rank, caller.Actor, cancellation));
    }

    private static async Task<IResult> LockAsync(string id, HttpRequest request, Caller caller, SegmentIndex index, CameraRegistry cameras, HoldBook book, IClock clock, CancellationToken cancellation)
    {
        if (await FindAsync(id, index, caller, cameras, cancellation) is not { } segment) return NoSegment();
        var wish = new HoldWrite();
        if (request.ContentLength > 0)
        {
            var (read, refusal) = await RequestBody.ReadAsync<HoldWrite>(request, cancellation);
            if (read is null) return refusal!;
            wish = read;
        }

        return await HoldAsync(wish, segment.Camera, segment.Start, segment.End, segment.Id, caller, cameras, book, clock, cancellation);
    }

    private static async Task<IResult> UnlockAsync(string id, Caller caller, SegmentIndex index, CameraRegistry cameras, IStoreReader reader, HoldBook book, CancellationToken cancellation)
    {
        if (await FindAsync(id, index, caller, cameras, cancellation) is not { } segment) return NoSegment();
        var holds = await reader.ReadAsync(db => HoldRows.OfSegment(db, segment.Id, MaxListed), cancellation);
        if (holds.Any(h => h.Level > (int)caller.Rank)) return Answer(ReleaseOutcome.TooLow);
        foreach (var hold in holds)
            if (await book.ReleaseAsync(hold.Id, caller.Rank, caller.Actor, cancellation) is ReleaseOutcome.TooLow) return Answer(ReleaseOutcome.TooLow);
        return Results.NoContent();
    }

    /// <summary>Puts a segment to a case: it is held for it.</summary>
    private static async Task<IResult> IncidentAsync(string id, HttpRequest request, Caller caller, SegmentIndex index, CameraRegistry cameras, HoldBook book, IClock clock, CancellationToken cancellation)
    {
        var (wish, refusal) = await RequestBody.ReadAsync<HoldWrite>(request, cancellation);
        if (wish is null) return refusal!;
        if (await FindAsync(id, index, caller, cameras, cancellation) is not { } segment) return NoSegment();
        if (wish.IncidentId is null) return Problems.BadRequest("incident_id is missing; a hold of a case ends with DELETE /api/v1/holds/{id}");
        return await HoldAsync(wish, segment.Camera, segment.Start, segment.End, segment.Id, caller, cameras, book, clock, cancellation);
    }

    private static async Task<IResult> CasesAsync(Caller caller, IStoreReader reader, CameraRegistry cameras, CancellationToken cancellation)
    {
        if (caller.Cameras.IsAll)
            return Results.Json((await reader.ReadAsync(HoldRows.Cases, cancellation)).Select(c => new IncidentDto(c.Case, c.Holds)).ToList(), BoxJson.Options);
        var seen = Seen(await reader.ReadAsync(db => HoldRows.Standing(db, MaxListed), cancellation), caller, cameras).Where(h => h.Data.Case is not null);
        return Results.Json(
            seen.GroupBy(h => h.Data.Case!, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new IncidentDto(g.Key, g.Count())).ToList(), BoxJson.Options);
    }

    private static async Task<IResult> CaseAsync(string id, Caller caller, IStoreReader reader, CameraRegistry cameras, CancellationToken cancellation)
    {
        var holds = id.Length <= 128 ? Seen(await reader.ReadAsync(db => HoldRows.OfCase(db, id, MaxListed), cancellation), caller, cameras) : [];
        return holds.Count == 0 ? Problems.NotFound("there is no such case on this box") : Many(holds, cameras);
    }

    private static async Task<Segment?> FindAsync(string id, SegmentIndex index, Caller caller, CameraRegistry cameras, CancellationToken cancellation) =>
        Guid.TryParseExact(id, "D", out var wanted) && await index.FindByIdAsync(wanted, cancellation) is { } segment && Sees(caller, cameras, segment.Camera) ? segment : null;

    private static bool Sees(Caller caller, CameraRegistry cameras, Guid camera) => caller.Sees(cameras.Find(camera)?.Slug);

    private static List<Hold> Seen(IEnumerable<Hold> holds, Caller caller, CameraRegistry cameras) => [.. holds.Where(h => Sees(caller, cameras, h.Data.Camera))];

    private static IResult NoSegment() => Problems.NotFound("there is no such closed segment on this box");

    private static IResult NoHold() => Problems.NotFound("there is no such hold on this box");

    private static IResult Answer(ReleaseOutcome outcome) => outcome switch
    {
        ReleaseOutcome.NotFound => NoHold(),
        ReleaseOutcome.TooLow => Problems.Result(403, ErrorCodes.Forbidden, "somebody with a higher role placed this hold"),
        _ => Results.NoContent(),
    };

    private static IResult Many(IEnumerable<Hold> holds, CameraRegistry cameras) => Results.Json(holds.Select(h => ToDto(h, cameras)).ToList(), BoxJson.Options);

    private static HoldDto ToDto(Hold h, CameraRegistry cameras) => new()
    {
        Id = h.Id,
        CameraUid = h.Data.Camera,
        CameraId = cameras.Find(h.Data.Camera)?.Slug,
        SegmentId = h.Segment,
        From = h.Data.From,
        To = h.Data.To,
        Reason = h.Data.Reason,
        Owner = h.Data.Owner,
        IncidentId = h.Data.Case,
        ExpiresAt = h.Data.Expires,
        CreatedAt = h.Created,
        ReleasedAt = h.Released,
        ReleasedBy = h.ReleasedBy,
        Sealed = h.Sealed,
    };
}
