using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>Answer of <c>GET /api/v1/system/retention</c>.</summary>
internal sealed record RetentionDto
{
    public double? RetentionHours { get; init; }

    public long? QuotaBytes { get; init; }

    public long? RecordingMaxBytes { get; init; }

    public long? RecordingMinFreeBytes { get; init; }

    public Instant? LastSweepAt { get; init; }

    public long LastDeletedSegments { get; init; }

    public long LastDeletedBytes { get; init; }

    /// <summary>Why nothing is deleted by age; absent while the clock is trusted.</summary>
    public string? ClockDoubt { get; init; }

    public required IReadOnlyList<RetentionAlert> Alerts { get; init; }
}

/// <summary>A segment that a sweep would delete.</summary>
internal sealed record PlannedDto(Guid Id, string CameraId, Instant StartTime, Instant EndTime, long SizeBytes, string Reason);

/// <summary>What one rule would delete.</summary>
internal sealed record PlannedSumDto(string Reason, long Segments, long Bytes);

/// <summary>Answer of <c>GET /api/v1/system/retention/preview</c>; it lists at most 1000 segments and counts all.</summary>
internal sealed record PreviewDto(IReadOnlyList<PlannedSumDto> Totals, IReadOnlyList<PlannedDto> Segments, IReadOnlyList<RetentionAlert> Alerts, string? ClockDoubt);

/// <summary>Routes about retention.</summary>
internal static class RetentionEndpoints
{
    public static void MapRetention(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/system/retention").WithTags("system");
        group.MapGet("", Get).Needs(Capability.SystemRead).BoxWide().Produces<RetentionDto>();
        group.MapGet("/preview", PreviewAsync).Needs(Capability.SystemRead).BoxWide().Produces<PreviewDto>();
        group.MapPost("/trust-clock", TrustClock).Needs(Capability.SystemManage).BoxWide().Produces(202);
    }

    private static IResult Get(Retainer retainer) => Results.Json(
        new RetentionDto
        {
            RetentionHours = retainer.Policy.Age?.TotalHours,
            QuotaBytes = retainer.Policy.QuotaBytes,
            RecordingMaxBytes = retainer.Policy.MaxBytes,
            RecordingMinFreeBytes = retainer.Policy.MinFreeBytes,
            LastSweepAt = retainer.Last?.At,
            LastDeletedSegments = retainer.Last?.Segments ?? 0,
            LastDeletedBytes = retainer.Last?.Bytes ?? 0,
            ClockDoubt = retainer.ClockDoubt,
            Alerts = retainer.Last?.Alerts ?? [],
        },
        BoxJson.Options);

    private static async Task<IResult> PreviewAsync(Retainer retainer, CameraRegistry cameras, CancellationToken cancellation)
    {
        var (plan, alerts) = await retainer.PlanAsync(cancellation);
        return Results.Json(
            new PreviewDto(
                [.. plan.Sums.Select(s => new PlannedSumDto(s.Key, s.Value.Segments, s.Value.Bytes))],
                [.. plan.Listed.Select(p => new PlannedDto(
                    p.Segment.Id, cameras.Find(p.Segment.Camera)?.Slug ?? p.Segment.Camera.ToString("D"), p.Segment.Start, p.Segment.End, p.Segment.Bytes, p.Reason))],
                alerts,
                retainer.ClockDoubt),
            BoxJson.Options);
    }

    private static IResult TrustClock(Retainer retainer)
    {
        retainer.VouchForClock();
        return Results.Accepted();
    }
}
