using System.Globalization;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
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

/// <summary>An unbroken stretch on the timeline from one source; stretches of one source less than 2 s apart are one.</summary>
/// <param name="StartTime">Begin.</param>
/// <param name="EndTime">End.</param>
/// <param name="DurationS">Seconds in between.</param>
/// <param name="Source">live, or camera_storage for what was taken back from the camera's own storage.</param>
internal sealed record TimelineSpanDto(Instant StartTime, Instant EndTime, double DurationS, string Source = TimelineSpanDto.Live)
{
    public const string Live = "live";
    public const string CameraStorage = "camera_storage";
}

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
        app.MapCaseSegments();
    }

    /// <summary>Joins stretches that touch or lie less than the tolerance apart. Takes them in order of their start.</summary>
    /// <param name="recorded">All that is recorded.</param>
    /// <param name="foreign">What of it came from the camera's own storage; null for nothing.</param>
    public static IReadOnlyList<TimelineSpanDto> Merge(IEnumerable<(Instant Start, Instant End)> recorded, IEnumerable<(Instant Start, Instant End)>? foreign = null)
    {
        var spans = new List<TimelineSpanDto>();
        foreach (var (stretch, source) in Sources(recorded, foreign))
        {
            if (spans.Count > 0 && spans[^1].Source == source && stretch.Start - spans[^1].EndTime <= Tolerance)
            {
                if (stretch.End > spans[^1].EndTime) spans[^1] = Span(spans[^1].StartTime, stretch.End, source);
            }
            else
            {
                spans.Add(Span(stretch.Start, stretch.End, source));
            }
        }

        return spans;

        static TimelineSpanDto Span(Instant start, Instant end, string source) => new(start, end, Math.Round((end - start).TotalSeconds, 3), source);
    }

    private static IEnumerable<(Stretch Stretch, string Source)> Sources(IEnumerable<(Instant Start, Instant End)> recorded, IEnumerable<(Instant Start, Instant End)>? foreign)
    {
        var all = Stretch.Merge(recorded.Select(s => new Stretch(s.Start, s.End)));
        var back = Stretch.Merge((foreign ?? []).Select(s => new Stretch(s.Start, s.End)), SpanRows.Tolerance);
        if (back.Count == 0) return all.Select(s => (s, TimelineSpanDto.Live));
        // Spans reach over holes of up to the tolerance; beside what came back such a hole is no live footage.
        var live = Stretch.Without(all, back).Where(s => s.End - s.Start > SpanRows.Tolerance || !back.Any(b => b.End == s.Start || b.Start == s.End));
        return live.Select(s => (Of: s, From: TimelineSpanDto.Live)).Concat(back.Select(s => (Of: s, From: TimelineSpanDto.CameraStorage))).OrderBy(s => s.Of.Start);
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
        var foreign = await footage.ForeignAsync(camera.Uid, range.From, range.To, cancellation);
        return Results.Json(Merge(recorded.Select(s => (s.Start, s.End)), foreign.Select(s => (s.Start, s.End))), BoxJson.Options);
    }

    public static SegmentDto ToDto(Footage f, string slug, SignedLinks links, Caller caller) => new()
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
