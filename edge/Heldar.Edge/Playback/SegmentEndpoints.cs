using System.Globalization;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Playback;

/// <summary>A segment in an answer.</summary>
internal sealed record SegmentDto
{
    public required Guid Id { get; init; }

    public required string CameraId { get; init; }

    public required Instant StartTime { get; init; }

    public required Instant EndTime { get; init; }

    public required double DurationS { get; init; }

    public required long SizeBytes { get; init; }

    /// <summary>Signed; works without a key for an hour, as long as whoever asked may see it.</summary>
    public required string Url { get; init; }

    public required bool EvidenceLocked { get; init; }

    public required string Container { get; init; }

    /// <summary>Still being recorded; playable up to its last whole fragment.</summary>
    public required bool Open { get; init; }

    public string? Codec { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public int? Frames { get; init; }

    public int? Revision { get; init; }

    /// <summary>camera: taken back from the camera's own storage; absent for footage that the box received live.</summary>
    public FootageProvenance? Provenance { get; init; }

    public string? Sha256 { get; init; }

    public string? Root { get; init; }
}

/// <summary>An unbroken stretch on the timeline; stretches less than 2 s apart are one.</summary>
internal sealed record TimelineSpanDto(Instant StartTime, Instant EndTime, double DurationS);

/// <summary>Routes about a camera's footage.</summary>
internal static class SegmentEndpoints
{
    public const int MaxPage = 5000;
    private static readonly Duration DefaultRange = Duration.FromHours(24);
    private static readonly Duration Tolerance = Duration.FromSeconds(2);

    public static void MapSegments(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/cameras/{id}").WithTags("footage");
        group.MapGet("/segments", ListAsync).Needs(Capability.VideoPlayback).OfCamera().Produces<IReadOnlyList<SegmentDto>>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
        group.MapGet("/timeline", TimelineAsync).Needs(Capability.VideoPlayback).OfCamera().Produces<IReadOnlyList<TimelineSpanDto>>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
    }

    /// <summary>Joins stretches that touch or lie less than the tolerance apart. Takes them in order of their start.</summary>
    public static IReadOnlyList<TimelineSpanDto> Merge(IEnumerable<(Instant Start, Instant End)> stretches)
    {
        var spans = new List<TimelineSpanDto>();
        foreach (var (start, end) in stretches)
        {
            if (spans.Count > 0 && start - spans[^1].EndTime <= Tolerance)
            {
                if (end > spans[^1].EndTime) spans[^1] = Span(spans[^1].StartTime, end);
            }
            else
            {
                spans.Add(Span(start, end));
            }
        }

        return spans;

        static TimelineSpanDto Span(Instant start, Instant end) => new(start, end, Math.Round((end - start).TotalSeconds, 3));
    }

    private static async Task<IResult> ListAsync(
        string id, string? from, string? to, string? limit, Caller caller, CameraRegistry cameras, IFootage footage, SignedLinks links, IClock clock, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        if (TimeRange.Read(from, to, clock.GetCurrentInstant(), DefaultRange, out var range) is { } problem) return Problems.BadRequest(problem);
        var most = MaxPage;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) || most is < 1 or > MaxPage))
            return Problems.BadRequest($"limit must be a whole number from 1 to {MaxPage}");
        var found = await footage.FindAsync(camera.Uid, range.From, range.To, most, cancellation);
        return Results.Json(found.Select(f => ToDto(f, camera.Slug, links, caller)).ToList(), BoxJson.Options);
    }

    private static async Task<IResult> TimelineAsync(
        string id, string? from, string? to, CameraRegistry cameras, IFootage footage, IClock clock, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        if (TimeRange.Read(from, to, clock.GetCurrentInstant(), DefaultRange, out var range) is { } problem) return Problems.BadRequest(problem);
        var recorded = await footage.TimelineAsync(camera.Uid, range.From, range.To, cancellation);
        return Results.Json(Merge(recorded.Select(s => (s.Start, s.End))), BoxJson.Options);
    }

    private static SegmentDto ToDto(Footage f, string slug, SignedLinks links, Caller caller) => new()
    {
        Id = f.Id,
        CameraId = slug,
        StartTime = f.Start,
        EndTime = f.End,
        DurationS = Math.Round((f.End - f.Start).TotalSeconds, 3),
        SizeBytes = f.Bytes,
        Url = links.Sign($"/media/recordings/{f.Id:D}.mp4", caller),
        EvidenceLocked = f.Held,
        Container = "mp4",
        Open = f.Open,
        Codec = f.Codec,
        Width = f.Width,
        Height = f.Height,
        Frames = f.Open ? null : f.Frames,
        Revision = f.Open ? null : f.Revision,
        Provenance = f.Provenance,
        Sha256 = f.Sha256,
        Root = f.Root,
    };
}
