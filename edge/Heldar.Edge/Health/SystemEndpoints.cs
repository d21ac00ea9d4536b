using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Settings;
using Heldar.Edge.Uplink;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>Numbers of the footage's disks.</summary>
internal sealed record StorageDto(long DiskTotalBytes, long DiskFreeBytes, double DiskUsedPercent);

/// <summary>Cameras by state.</summary>
internal sealed record CameraCountsDto(int Total, int Recording, int Failing);

/// <summary>The tunnel to the fleet.</summary>
internal sealed record RemoteAccessDto(bool Enabled, bool Connected, int Streams);

/// <summary>Answer of <c>GET /api/v1/system</c>.</summary>
internal sealed record SystemDto
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    public required Instant Time { get; init; }

    public required Instant StartedAt { get; init; }

    public required long BootSeq { get; init; }

    public required CameraCountsDto Cameras { get; init; }

    public required StorageDto Storage { get; init; }

    public required UplinkStatus Uplink { get; init; }

    public required RemoteAccessDto RemoteAccess { get; init; }

    /// <summary>Kept for dashboards of the kernel; always null: the box needs no relay.</summary>
    public object? Relay { get; init; }

    public required bool DiskHealthOk { get; init; }

    public required string LiveTranscodeEngine { get; init; }

    public required long MemoryResidentBytes { get; init; }
}

/// <summary>Answer of <c>GET /api/v1/site</c>.</summary>
internal sealed record SiteDto(string Id, string Name, string Timezone, string? Tenant, Guid? Box, bool Enrolled);

/// <summary>Routes about the box as a whole.</summary>
internal static class SystemEndpoints
{
    public static void MapSystem(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/system", GetAsync).Needs(BoxRole.Viewer).WithTags("system").Produces<SystemDto>();
        app.MapGet("/api/v1/site", Site).Needs(BoxRole.Viewer).WithTags("system").Produces<SiteDto>();
        app.MapGet("/api/v1/modules", () => Results.Json(Array.Empty<string>(), BoxJson.Options)).Needs(BoxRole.Viewer).WithTags("system").Produces<IReadOnlyList<string>>();
    }

    private static async Task<IResult> GetAsync(
        BoxSettings settings, CameraRegistry cameras, BoxGauges gauges, UplinkState uplink, IdentityStore identities, BootCounter boot, DiskWatch disks, IClock clock, CancellationToken cancellation)
    {
        var observed = await cameras.ObserveAsync(cancellation);
        var (free, total) = gauges.Disks();
        var now = clock.GetCurrentInstant();
        var recording = observed.Count(c => c.Condition == CameraCondition.Recording);
        return Results.Json(
            new SystemDto
            {
                Name = settings.Name,
                Version = BoxVersion.Text,
                Time = now,
                StartedAt = gauges.StartedAt,
                BootSeq = boot.BootSeq,
                Cameras = new CameraCountsDto(observed.Count, recording, observed.Count(c => c.Condition is not (CameraCondition.Disabled or CameraCondition.Idle)) - recording),
                Storage = new StorageDto(total, free, total == 0 ? 0 : Math.Round(100.0 * (total - free) / total, 1)),
                Uplink = uplink.Status(settings.Fleet is not null, identities.Current is not null),
                RemoteAccess = new RemoteAccessDto(settings.Fleet is not null, gauges.TunnelConnected, gauges.TunnelStreams),
                DiskHealthOk = total > 0 && free > 0 && disks.Problems.Count == 0,
                LiveTranscodeEngine = "none",
                MemoryResidentBytes = Environment.WorkingSet,
            },
            BoxJson.Options);
    }

    private static IResult Site(BoxSettings settings, IdentityStore identities)
    {
        var identity = identities.Current;
        return Results.Json(
            new SiteDto(identity?.Site ?? "local", settings.Name, settings.TimeZone.Id, identity?.Tenant, identity?.Box, identity is not null), BoxJson.Options);
    }
}
