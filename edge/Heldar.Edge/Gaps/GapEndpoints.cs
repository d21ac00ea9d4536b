using System.Globalization;
using System.Text.Json;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>A gap in an answer.</summary>
internal sealed record GapDto
{
    public required Guid Id { get; init; }

    public required string CameraId { get; init; }

    public required Instant GapStart { get; init; }

    /// <summary>Absent while it lasts.</summary>
    public Instant? GapEnd { get; init; }

    /// <summary>Until now while it lasts.</summary>
    public required double GapSeconds { get; init; }

    public required string Cause { get; init; }

    public string? Detail { get; init; }

    public required bool Open { get; init; }

    public required int Revision { get; init; }

    /// <summary>pending, partial, filled or failed; absent when it was not tried to refill it from the camera's own storage.</summary>
    public FillState? FillState { get; init; }

    /// <summary>Tries so far.</summary>
    public int? FillAttempts { get; init; }

    /// <summary>Seconds of the gap that came back.</summary>
    public double? FilledSeconds { get; init; }

    /// <summary>What came back.</summary>
    public IReadOnlyList<FilledDto>? Filled { get; init; }

    /// <summary>Next try; absent when there is none.</summary>
    public Instant? NextFillAt { get; init; }

    /// <summary>Why the last try did not bring all.</summary>
    public string? FillError { get; init; }
}

/// <summary>A stretch of a gap that came back.</summary>
internal sealed record FilledDto(Instant From, Instant To);

/// <summary>Missing seconds of one cause.</summary>
internal sealed record CauseDto(double Seconds, double Percent);

/// <summary>Answer of <c>GET /api/v1/cameras/{id}/coverage</c>. Percentages are of the wanted time; 100 present when nothing was wanted.</summary>
internal sealed record CoverageDto
{
    public required string CameraId { get; init; }

    public required Instant From { get; init; }

    public required Instant To { get; init; }

    public required double WantedSeconds { get; init; }

    public required double PresentSeconds { get; init; }

    /// <summary>Part of the present seconds that came back from the camera's own storage.</summary>
    public required double RefilledSeconds { get; init; }

    public required double MissingSeconds { get; init; }

    public required double UnexplainedSeconds { get; init; }

    /// <summary>Seconds that were recorded and have been deleted since: neither present nor missing.</summary>
    public required double DeletedSeconds { get; init; }

    /// <summary>Seconds that nothing was wanted in: outside the schedule, or no event.</summary>
    public required double IdleSeconds { get; init; }

    /// <summary>The camera's state now.</summary>
    public CameraCondition? State { get; init; }

    public required double PresentPercent { get; init; }

    public required double MissingPercent { get; init; }

    public required IReadOnlyDictionary<string, CauseDto> ByCause { get; init; }
}

/// <summary>Routes about missing footage.</summary>
internal static class GapEndpoints
{
    public const int MaxPage = 5000;
    private static readonly Duration DefaultRange = Duration.FromHours(24);

    public static void MapGaps(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/cameras/{id}").WithTags("footage");
        group.MapGet("/gaps", ListAsync).Needs(Capability.VideoPlayback).OfCamera().Produces<IReadOnlyList<GapDto>>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
        // Its name elsewhere.
        group.MapGet("/recording-gaps", ListAsync).Needs(Capability.VideoPlayback).OfCamera().Produces<IReadOnlyList<GapDto>>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
        group.MapGet("/coverage", CoverageAsync).Needs(Capability.VideoPlayback).OfCamera().Produces<CoverageDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
    }

    private static async Task<IResult> ListAsync(
        string id, string? from, string? to, string? limit, CameraRegistry cameras, IStoreReader reader, IClock clock, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        if (TimeRange.Read(from, to, clock.GetCurrentInstant(), DefaultRange, out var range) is { } problem) return Problems.BadRequest(problem);
        var most = MaxPage;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) || most is < 1 or > MaxPage))
            return Problems.BadRequest($"limit must be a whole number from 1 to {MaxPage}");
        var gaps = await reader.ReadAsync(db => GapFillRows.Find(db, camera.Uid, range.From, range.To, most), cancellation);
        var now = clock.GetCurrentInstant();
        return Results.Json(gaps.Select(g => ToDto(g, camera.Slug, now)).ToList(), BoxJson.Options);
    }

    private static async Task<IResult> CoverageAsync(
        string id, string? from, string? to, CameraRegistry cameras, CoverageReader reader, IClock clock, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        if (TimeRange.Read(from, to, clock.GetCurrentInstant(), DefaultRange, out var range) is { } problem) return Problems.BadRequest(problem);
        var coverage = await reader.ReadAsync(camera.Uid, range.From, range.To, cancellation);
        var missing = coverage.Wanted - coverage.Present - coverage.Deleted;
        return Results.Json(
            new CoverageDto
            {
                CameraId = camera.Slug,
                From = range.From,
                To = range.To,
                WantedSeconds = Math.Round(coverage.Wanted, 3),
                PresentSeconds = Math.Round(coverage.Present, 3),
                RefilledSeconds = Math.Round(coverage.Refilled, 3),
                MissingSeconds = Math.Round(missing, 3),
                UnexplainedSeconds = Math.Round(coverage.Unexplained, 3),
                DeletedSeconds = Math.Round(coverage.Deleted, 3),
                IdleSeconds = Math.Round(coverage.Idle, 3),
                State = coverage.Camera?.Condition,
                PresentPercent = coverage.Wanted > 0 ? Percent(coverage.Present) : 100,
                MissingPercent = Percent(missing),
                ByCause = coverage.ByCause.ToDictionary(c => Word(c.Key), c => new CauseDto(Math.Round(c.Value, 3), Percent(c.Value))),
            },
            BoxJson.Options);

        double Percent(double seconds) => coverage.Wanted > 0 ? Math.Round(100 * seconds / coverage.Wanted, 4) : 0;
    }

    private static string Word(GapCause cause) => JsonNamingPolicy.SnakeCaseLower.ConvertName(cause.ToString());

    /// <summary>A gap that was refilled is shown as it was, with what came back.</summary>
    public static GapDto ToDto(FillableGap found, string slug, Instant now)
    {
        var (gap, fill) = found;
        var (start, end) = fill is null ? (gap.Start, gap.End) : (fill.Start, fill.End);
        return new GapDto
        {
            Id = gap.Gap,
            CameraId = slug,
            GapStart = start,
            GapEnd = end,
            GapSeconds = Math.Max(0, Math.Round(((end ?? now) - start).TotalSeconds, 3)),
            Cause = Word(gap.Cause),
            Detail = gap.Detail,
            Open = end is null,
            Revision = gap.Revision,
            FillState = fill?.State,
            FillAttempts = fill?.Attempts,
            FilledSeconds = fill is null ? null : Math.Round(fill.FilledSeconds, 3),
            Filled = fill?.Taken.Select(t => new FilledDto(t.Start, t.End)).ToList(),
            NextFillAt = fill?.NextAt,
            FillError = fill?.Error,
        };
    }
}
