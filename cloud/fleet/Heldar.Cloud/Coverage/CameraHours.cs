using Dapper;
using Heldar.Cloud.Index;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Coverage;

/// <summary>What is known of one camera's hours: footage, gaps, deletions, what was counted before, and since when its box is silent. Immutable.</summary>
internal sealed class CameraHours
{
    private readonly ILookup<Instant, Stretch> _footage;
    private readonly List<CausedStretch> _gaps;
    private readonly List<Stretch> _deleted;
    private readonly Dictionary<Instant, int> _before;
    private readonly Instant? _silentFrom;

    private CameraHours(ILookup<Instant, Stretch> footage, List<CausedStretch> gaps, List<Stretch> deleted, Dictionary<Instant, int> before, Instant? silentFrom) =>
        (_footage, _gaps, _deleted, _before, _silentFrom) = (footage, gaps, deleted, before, silentFrom);

    /// <summary>Reads the hours of [from, to).</summary>
    public static async Task<CameraHours> ReadAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, string tenant, Guid camera, Instant from, Instant to)
    {
        var values = new { tenant, camera, from, to };
        // A segment may end in the hour after the one that it began in.
        var lists = await connection.QueryAsync<(Instant Hour, Guid Box, byte[] Packed)>(command(
            "select hour, box, packed from span_list where tenant = @tenant and camera = @camera and hour >= @from - interval '1 hour' and hour < @to", values));
        var unseen = await UnseenDeletions.ReadAsync(connection, command, tenant, camera, from - Duration.FromHours(1), to);
        var footage = lists.SelectMany(l => PackedSpan.Decode(l.Packed).Where(s => !unseen.Hides(l.Hour, l.Box, s)).SelectMany(s => Pieces(l.Hour, s))).ToLookup(p => p.Hour, p => p.Stretch);
        var gaps = await connection.QueryAsync<(Instant From, Instant To, string Cause)>(command(
            "select start_at, coalesce(end_at, @to), cause from gap where tenant = @tenant and camera = @camera and start_at < @to and (end_at is null or end_at > @from)", values));
        var deleted = await connection.QueryAsync<(Instant From, Instant To)>(command(
            $"select t.from_at, t.to_at from {Tombstones.Touching("@tenant", "@camera", "@from", "@to")}", values));
        var before = await connection.QueryAsync<(Instant Hour, int Ms)>(command(
            $"select hour, present_ms + coalesce((causes ->> '{CoverageHour.Deleted}')::integer, 0) from coverage where tenant = @tenant and camera = @camera and hour >= @from and hour < @to", values));
        var silent = await connection.ExecuteScalarAsync<DateTime?>(command(
            """
            select p.reported_at from camera_progress p join camera c on c.tenant = p.tenant and c.camera = p.camera
            where p.tenant = @tenant and p.camera = @camera and c.enabled and p.condition not in ('idle', 'disabled')
            """,
            values));
        return new(
            footage,
            [.. gaps.Select(g => new CausedStretch(Stretch.Of(g.From, g.To), g.Cause))],
            [.. deleted.Select(d => Stretch.Of(d.From, d.To))],
            before.ToDictionary(b => b.Hour, b => b.Ms),
            silent is { } at ? Instant.FromDateTimeUtc(at) : null);
    }

    public CoverageHour Count(Instant hour)
    {
        var whole = Stretch.Of(hour, hour + Duration.FromHours(1));
        var was = _deleted.Exists(d => Touches(d, whole)) ? _before.GetValueOrDefault(hour) : 0;
        return CoverageHour.Count(hour, _footage[hour], _gaps.Where(g => Touches(g.Stretch, whole)), _silentFrom, was);
    }

    private static bool Touches(Stretch one, Stretch whole) => one.From < whole.To && one.To > whole.From;

    /// <summary>A packed segment as its part in the hour it began in and, when it goes on, in the next.</summary>
    private static IEnumerable<(Instant Hour, Stretch Stretch)> Pieces(Instant hour, PackedSegment segment)
    {
        var start = hour.ToUnixTimeMilliseconds() + segment.StartMs;
        var stretch = new Stretch(start, start + segment.DurationMs);
        yield return (hour, stretch);
        var next = hour + Duration.FromHours(1);
        if (stretch.To > next.ToUnixTimeMilliseconds()) yield return (next, stretch);
    }
}
