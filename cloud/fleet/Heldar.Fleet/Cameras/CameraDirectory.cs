using Dapper;
using Heldar.Fleet.Boxes;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Cameras;

/// <summary>A camera in the list with what its box last said of it.</summary>
/// <param name="Condition">A <see cref="Contracts.Events.CameraCondition"/> in camelCase; <c>offline</c> until its box has said anything.</param>
/// <param name="RecordedThrough">End of the last footage that is safely on the box's disk.</param>
internal sealed record CameraView(
    Guid Camera,
    Guid Box,
    string Site,
    string Slug,
    string Name,
    bool Enabled,
    string Condition,
    bool BoxOnline,
    string? Codec = null,
    int? Width = null,
    int? Height = null,
    string? Cause = null,
    Instant? Since = null,
    Instant? RecordedThrough = null);

/// <summary>Cameras of a tenant. Thread-safe.</summary>
internal sealed class CameraDirectory(NpgsqlDataSource database, IClock clock)
{
    /// <summary>
    /// State events say why, status reports say it often: the newer of the two by (boot, seq) decides the condition, and a cause is only shown beside the
    /// condition that it explains.
    /// </summary>
    private const string ListSql =
        """
        select c.camera, c.box, c.site, c.slug, c.name, c.enabled, c.codec, c.width, c.height,
            s.condition as state_condition, p.condition as progress_condition,
            coalesce((p.boot_seq, p.seq) > (s.boot_seq, s.seq), s.camera is null) as progress_is_newer,
            s.cause, s.since, p.recorded_through,
            coalesce(b.last_seen_at > @recent, false)
                or exists (select 1 from box_tunnel t where t.tenant = c.tenant and t.box = c.box and t.seen_at > @recent) as box_online
        from camera c
        join box b on b.tenant = c.tenant and b.box = c.box
        left join camera_state s on s.tenant = c.tenant and s.camera = c.camera and s.box = c.box
        left join camera_progress p on p.tenant = c.tenant and p.camera = c.camera and p.box = c.box
        where c.tenant = @tenant
        order by c.site, c.name, c.camera
        """;

    public async Task<IReadOnlyList<CameraView>> ListAsync(string tenant, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            ListSql, new { tenant, recent = clock.GetCurrentInstant() - BoxDirectory.Recent }, cancellationToken: cancellation));
        return [.. rows.Select(r => r.View())];
    }

    private sealed record Row
    {
        public Guid Camera { get; init; }

        public Guid Box { get; init; }

        public string Site { get; init; } = "";

        public string Slug { get; init; } = "";

        public string Name { get; init; } = "";

        public bool Enabled { get; init; }

        public string? Codec { get; init; }

        public int? Width { get; init; }

        public int? Height { get; init; }

        public string? StateCondition { get; init; }

        public string? ProgressCondition { get; init; }

        public bool ProgressIsNewer { get; init; }

        public string? Cause { get; init; }

        public Instant? Since { get; init; }

        public Instant? RecordedThrough { get; init; }

        public bool BoxOnline { get; init; }

        public CameraView View()
        {
            string condition = (ProgressIsNewer ? ProgressCondition : StateCondition) ?? (Enabled ? "offline" : "disabled");
            bool explained = condition == StateCondition;
            return new CameraView(
                Camera, Box, Site, Slug, Name, Enabled, condition, BoxOnline, Codec, Width, Height, explained ? Cause : null, explained ? Since : null, RecordedThrough);
        }
    }
}
