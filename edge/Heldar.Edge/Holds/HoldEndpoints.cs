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
        group.MapGet("/holds", ListAsync).Needs(BoxRole.Viewer).Produces<IReadOnlyList<HoldDto>>();
        group.MapPost("/holds", PlaceAsync).Needs(BoxRole.Admin).Produces<HoldDto>(201).Produces<ErrorBody>(400).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapDelete("/holds/{id}", ReleaseAsync).Needs(BoxRole.Admin).Produces(204).Produces<ErrorBody>(403).Produces<ErrorBody>(404);
        group.MapPost("/segments/{id}/evidence-lock", LockAsync).Needs(BoxRole.Admin).Produces<HoldDto>(201).Produces<ErrorBody>(404);
        group.MapDelete("/segments/{id}/evidence-lock", UnlockAsync).Needs(BoxRole.Admin).Produces(204).Produces<ErrorBody>(403).Produces<ErrorBody>(404);
        group.MapPatch("/segments/{id}/incident", IncidentAsync).Needs(BoxRole.Admin).Produces<HoldDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
        group.MapGet("/incidents", CasesAsync).Needs(BoxRole.Viewer).Produces<IReadOnlyList<IncidentDto>>();
        group.MapGet("/incidents/{id}", CaseAsync).Needs(BoxRole.Viewer).Produces<IReadOnlyList<HoldDto>>().Produces<ErrorBody>(404);
    }

    private static async Task<IResult> ListAsync(IStoreReader reader, CameraRegistry cameras, CancellationToken cancellation) =>
        Many(await reader.ReadAsync(db => HoldRows.Standing(db, MaxListed), cancellation), cameras);

    private static async Task<IResult> PlaceAsync(HttpRequest request, CameraRegistry cameras, HoldBook book, IClock clock, CancellationToken cancellation)
    {
        var (wish, refusal) = await RequestBody.ReadAsync<HoldWrite>(request, cancellation);
        if (wish is null) return refusal!;
        if (cameras.Find(wish.CameraId ?? "") is not { } camera) return CameraEndpoints.NotFound();
        if (!InstantText.TryParse(wish.From ?? "", out var from) || !InstantText.TryParse(wish.To ?? "", out var to)) return Problems.BadRequest("from and to must be times such as 2026-11-21T04:37:00Z");
        return await HoldAsync(wish, camera.Uid, from, to, null, cameras, book, clock, cancellation);
    }

    private static async Task<IResult> HoldAsync(
        HoldWrite wish, Guid camera, Instant from, Instant to, Guid? segment, CameraRegistry cameras, HoldBook book, IClock clock, CancellationToken cancellation)
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
            Owner = wish.Owner ?? "admin",
            Expires = expires,
            Case = wish.IncidentId,
        };
        if (data.Mistake() is { } mistake) return Problems.BadRequest(mistake);
        return await book.PlaceAsync(data, BoxRole.Admin, segment, cancellation) is { } hold
            ? Results.Json(ToDto(hold, cameras), BoxJson.Options, statusCode: 201)
            : Problems.Conflict($"{HoldBook.MaxStanding} holds stand already");
    }

    private static async Task<IResult> ReleaseAsync(string id, HoldBook book, CancellationToken cancellation) =>
        Guid.TryParseExact(id, "D", out var hold) ? Answer(await book.ReleaseAsync(hold, BoxRole.Admin, "admin", cancellation)) : NoHold();

    private static async Task<IResult> LockAsync(string id, HttpRequest request, SegmentIndex index, CameraRegistry cameras, HoldBook book, IClock clock, CancellationToken cancellation)
    {
        if (await FindAsync(id, index, cancellation) is not { } segment) return NoSegment();
        var wish = new HoldWrite();
        if (request.ContentLength > 0)
        {
            var (read, refusal) = await RequestBody.ReadAsync<HoldWrite>(request, cancellation);
            if (read is null) return refusal!;
            wish = read;
        }

        return await HoldAsync(wish, segment.Camera, segment.Start, segment.End, segment.Id, cameras, book, clock, cancellation);
    }

    private static async Task<IResult> UnlockAsync(string id, SegmentIndex index, IStoreReader reader, HoldBook book, CancellationToken cancellation)
    {
        if (await FindAsync(id, index, cancellation) is not { } segment) return NoSegment();
        foreach (var hold in await reader.ReadAsync(db => HoldRows.OfSegment(db, segment.Id, MaxListed), cancellation))
            if (await book.ReleaseAsync(hold.Id, BoxRole.Admin, "admin", cancellation) is ReleaseOutcome.TooLow) return Answer(ReleaseOutcome.TooLow);
        return Results.NoContent();
    }

    /// <summary>Puts a segment to a case: it is held for it.</summary>
    private static async Task<IResult> IncidentAsync(string id, HttpRequest request, SegmentIndex index, CameraRegistry cameras, HoldBook book, IClock clock, CancellationToken cancellation)
    {
        var (wish, refusal) = await RequestBody.ReadAsync<HoldWrite>(request, cancellation);
        if (wish is null) return refusal!;
        if (await FindAsync(id, index, cancellation) is not { } segment) return NoSegment();
        if (wish.IncidentId is null) return Problems.BadRequest("incident_id is missing; a hold of a case ends with DELETE /api/v1/holds/{id}");
        return await HoldAsync(wish, segment.Camera, segment.Start, segment.End, segment.Id, cameras, book, clock, cancellation);
    }

    private static async Task<IResult> CasesAsync(IStoreReader reader, CancellationToken cancellation) =>
        Results.Json((await reader.ReadAsync(HoldRows.Cases, cancellation)).Select(c => new IncidentDto(c.Case, c.Holds)).ToList(), BoxJson.Options);

    private static async Task<IResult> CaseAsync(string id, IStoreReader reader, CameraRegistry cameras, CancellationToken cancellation)
    {
        var holds = id.Length <= 128 ? await reader.ReadAsync(db => HoldRows.OfCase(db, id, MaxListed), cancellation) : [];
        return holds.Count == 0 ? Problems.NotFound("there is no such case on this box") : Many(holds, cameras);
    }

    private static async Task<Segment?> FindAsync(string id, SegmentIndex index, CancellationToken cancellation) =>
        Guid.TryParseExact(id, "D", out var segment) ? await index.FindByIdAsync(segment, cancellation) : null;

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
