using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Mirror;

/// <summary>Answer of <c>GET /api/v1/system/mirror</c>.</summary>
internal sealed record MirrorDto
{
    /// <summary>There is a mirror in the settings.</summary>
    public required bool Enabled { get; init; }

    /// <summary>It is there and takes writes.</summary>
    public required bool Working { get; init; }

    public required IReadOnlyList<string> Cameras { get; init; }

    public required long MirroredSegments { get; init; }

    public required long MirroredBytes { get; init; }

    public required long WaitingSegments { get; init; }

    public required long WaitingBytes { get; init; }

    /// <summary>Age of the oldest footage that has no copy and could have one; 0 when the mirror has all.</summary>
    public required double LagSeconds { get; init; }

    /// <summary>Why it is behind; absent while it keeps up.</summary>
    public string? Cause { get; init; }
}

/// <summary>A damaged file in an answer.</summary>
internal sealed record DamageDto(Guid Segment, string Side, string CameraId, string What, Instant FoundAt, Instant? RepairedAt);

/// <summary>Answer of <c>GET /api/v1/system/scrub</c>.</summary>
internal sealed record ScrubDto(long Rounds, Instant? RoundStartedAt, long CheckedSegments, long CheckedBytes, long Damaged, IReadOnlyList<DamageDto> Damages);

/// <summary>Body of a restore of many segments.</summary>
internal sealed record RestoreWrite(string? From, string? To);

/// <summary>Answer of a restore.</summary>
/// <param name="Restored">Files that are again what was sealed.</param>
/// <param name="Changed">Segments that got another sealed state of theirs, as a new revision.</param>
/// <param name="Whole">Files that needed nothing.</param>
/// <param name="NoCopy">Segments that the mirror cannot restore.</param>
/// <param name="NotNow">Segments whose volume takes no writes, or that are being deleted.</param>
internal sealed record RestoreDto(int Restored, int Changed, int Whole, int NoCopy, int NotNow)
{
    public static RestoreDto Of(IReadOnlyDictionary<RestoreOutcome, int> outcomes) => new(
        Count(outcomes, RestoreOutcome.Restored), Count(outcomes, RestoreOutcome.Changed), Count(outcomes, RestoreOutcome.NotNeeded), Count(outcomes, RestoreOutcome.NoCopy),
        Count(outcomes, RestoreOutcome.NotNow));

    private static int Count(IReadOnlyDictionary<RestoreOutcome, int> outcomes, RestoreOutcome outcome) => outcomes.TryGetValue(outcome, out var count) ? count : 0;
}

/// <summary>Routes about copies and damage.</summary>
internal static class MirrorEndpoints
{
    private const int MaxDamages = 1000;

    public static void MapMirror(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1").WithTags("storage");
        group.MapGet("/system/mirror", GetAsync).Needs(Capability.SystemRead).BoxWide().Produces<MirrorDto>();
        group.MapGet("/system/scrub", ScrubAsync).Needs(Capability.SystemRead).BoxWide().Produces<ScrubDto>();
        group.MapPost("/system/scrub", Start).Needs(Capability.SystemManage).BoxWide().Produces(202);
        group.MapPost("/segments/{id}/restore", RestoreAsync).Needs(Capability.SystemManage).FiltersCameras().WritesOwnAudit()
            .Produces<RestoreDto>().Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapPost("/cameras/{id}/restore", RestoreManyAsync).Needs(Capability.SystemManage).OfCamera().WritesOwnAudit()
            .Produces<RestoreDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
    }

    private static async Task<IResult> GetAsync(MirrorPolicy policy, VolumeWriters writers, MirrorState state, CameraRegistry cameras, IStoreReader reader, CancellationToken cancellation)
    {
        await state.LookAsync(cancellation);
        var (totals, wanted) = await reader.ReadAsync(db => (MirrorRows.Totals(db), MirrorRows.Wanted(db)), cancellation);
        return Results.Json(
            new MirrorDto
            {
                Enabled = policy.IsOn,
                Working = writers.Mirror is { Fault: VolumeFault.None },
                Cameras = [.. wanted.Select(c => cameras.Find(c)?.Slug ?? c.ToString("D")).Order(StringComparer.Ordinal)],
                MirroredSegments = totals.CopiedSegments,
                MirroredBytes = totals.CopiedBytes,
                WaitingSegments = totals.WaitingSegments,
                WaitingBytes = totals.WaitingBytes,
                LagSeconds = state.Newest?.Lag.TotalSeconds ?? 0,
                Cause = state.Problem,
            },
            BoxJson.Options);
    }

    private static async Task<IResult> ScrubAsync(CameraRegistry cameras, IStoreReader reader, CancellationToken cancellation)
    {
        var (mark, open, damages) = await reader.ReadAsync(db => (ScrubRows.Mark(db), ScrubRows.Open(db), ScrubRows.Damages(db, MaxDamages)), cancellation);
        return Results.Json(
            new ScrubDto(mark.Rounds, mark.RoundStarted, mark.Segments, mark.Bytes, open,
                [.. damages.Select(d => new DamageDto(d.Segment, d.Side, cameras.Find(d.Camera)?.Slug ?? d.Camera.ToString("D"), d.What, d.Found, d.Repaired))]),
            BoxJson.Options);
    }

    private static IResult Start(MirrorService service)
    {
        service.ScrubNow();
        return Results.Accepted();
    }

    private static async Task<IResult> RestoreAsync(string id, Caller caller, CameraRegistry cameras, SegmentIndex index, Restorer restorer, CancellationToken cancellation)
    {
        if (!Guid.TryParseExact(id, "D", out var segment) || await index.FindByIdAsync(segment, cancellation) is not { } found || !caller.Sees(cameras.Find(found.Camera)?.Slug)) return NoSegment();
        var outcome = await restorer.RestoreAsync(segment, caller.Actor, cancellation);
        return outcome switch
        {
            RestoreOutcome.NotFound => NoSegment(),
            RestoreOutcome.NoCopy => Problems.Conflict("the mirror has no copy of this segment that is what was sealed"),
            RestoreOutcome.NotNow => Problems.Conflict("no volume can be written to now, or the segment is being deleted"),
            _ => Results.Json(RestoreDto.Of(new Dictionary<RestoreOutcome, int> { [outcome] = 1 }), BoxJson.Options),
        };
    }

    private static async Task<IResult> RestoreManyAsync(
        string id, HttpRequest request, Caller caller, CameraRegistry cameras, SegmentIndex index, Restorer restorer, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        var (wish, refusal) = await RequestBody.ReadAsync<RestoreWrite>(request, cancellation);
        if (wish is null) return refusal!;
        if (!InstantText.TryParse(wish.From ?? "", out var from) || !InstantText.TryParse(wish.To ?? "", out var to) || from >= to)
            return Problems.BadRequest("from and to must be times such as 2026-11-21T04:37:00Z, from before to");
        var outcomes = new Dictionary<RestoreOutcome, int>();
        string? cursor = null;
        do
        {
            var page = await index.FindAsync(camera.Uid, from, to, 500, cursor, cancellation);
            foreach (var segment in page.Items)
            {
                var outcome = await restorer.RestoreAsync(segment.Id, caller.Actor, cancellation);
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            }

            cursor = page.Cursor;
        }
        while (cursor is not null);
        return Results.Json(RestoreDto.Of(outcomes), BoxJson.Options);
    }

    private static IResult NoSegment() => Problems.NotFound("there is no such closed segment on this box");
}
