using System.Text.Json;
using Heldar.Cloud.Index;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Benchmarks.Search;

/// <summary>
/// The same rows by one statement each, written for just this question: it knows where the rows lie, and leaves out what the product looks at besides (holds,
/// deletions, open footage, whether a camera is the tenant's).
/// </summary>
internal static class HandWritten
{
    public static async Task<Found> RecordingsAsync(NpgsqlDataSource database, Guid[]? cameras, Instant first, Instant from, Instant to, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
            select p.hour, c.name, c.site, s.box, p.packed from span s join span_list p using (tenant, camera, hour, box) join camera c using (tenant, camera)
            where s.tenant = 'main' and s.hour >= $1 and s.hour < $2{(cameras is null ? "" : " and s.camera = $4")} order by s.hour, s.camera limit $3
            """);
        var hour = PackedSpan.HourOf(first);
        command.Parameters.AddWithValue(hour.ToDateTimeUtc());
        command.Parameters.AddWithValue(to.ToDateTimeUtc());
        // A page is 200 segments and an hour's list has 120: three hours of one camera, two of a site.
        command.Parameters.AddWithValue(cameras is null ? 2 * SearchPlan.CamerasOfASite : 3);
        if (cameras is not null) command.Parameters.AddWithValue(cameras[0]);
        List<(Instant Start, Instant End, string Camera, string Site, Guid Box, long Bytes)> all = [];
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var at = Instant.FromDateTimeUtc(reader.GetDateTime(0));
            var (name, site, box) = (reader.GetString(1), reader.GetString(2), reader.GetGuid(3));
            foreach (var one in PackedSpan.Decode(reader.GetFieldValue<byte[]>(4)))
            {
                var start = at + Duration.FromMilliseconds(one.StartMs);
                var end = start + Duration.FromMilliseconds(one.DurationMs);
                if (start < to && end > from && (first == from || start > first)) all.Add((start, end, name, site, box, one.SizeKiB * 1024L));
            }
        }

        // The order of the cameras' names is that of their ids only within the first site, which alone has lists.
        var page = all.OrderBy(a => a.Start).ThenBy(a => a.Camera.Length).ThenBy(a => a.Camera, StringComparer.Ordinal).Take(SearchPlan.PageSize).ToList();
        return new(page.Count, page.Count == 0 ? "" : $"{page[^1].Start} {page[^1].Camera}");
    }

    public static async Task<Found> LandingAsync(NpgsqlDataSource database, string site, Instant from, Instant to, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            select l.start_at, l.end_at, l.bytes, l.segment, l.box, c.name, c.site from camera c join segment_landing l on l.tenant = c.tenant and l.camera = c.camera
            where c.tenant = 'main' and c.site = $1 and l.start_at > $2 and l.start_at < $4 and l.end_at > $3 order by l.start_at, l.camera limit 200
            """);
        command.Parameters.AddWithValue(site);
        command.Parameters.AddWithValue((from - LandingRow.MaxDuration).ToDateTimeUtc());
        command.Parameters.AddWithValue(from.ToDateTimeUtc());
        command.Parameters.AddWithValue(to.ToDateTimeUtc());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<(Instant Start, Instant End, long Bytes, Guid Segment, Guid Box, string Camera, string Site)> all = [];
        while (await reader.ReadAsync(cancellation))
            all.Add((Instant.FromDateTimeUtc(reader.GetDateTime(0)), Instant.FromDateTimeUtc(reader.GetDateTime(1)), reader.GetInt64(2), reader.GetGuid(3), reader.GetGuid(4), reader.GetString(5), reader.GetString(6)));
        return new(all.Count, all.Count == 0 ? "" : $"{all[^1].Start} {all[^1].Camera}");
    }

    public static async Task<Found> TimelineAsync(NpgsqlDataSource database, Guid[] cameras, Instant from, Instant to, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select camera, hour, packed from span_list where tenant = 'main' and camera = any($1) and hour >= $2 and hour < $3 order by camera, hour");
        command.Parameters.AddWithValue(cameras);
        command.Parameters.AddWithValue(PackedSpan.HourOf(from).ToDateTimeUtc());
        command.Parameters.AddWithValue(to.ToDateTimeUtc());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        long first = from.ToUnixTimeMilliseconds(), last = to.ToUnixTimeMilliseconds();
        List<(Guid Camera, long From, long To)> spans = [];
        while (await reader.ReadAsync(cancellation))
        {
            var camera = reader.GetGuid(0);
            var hour = Instant.FromDateTimeUtc(reader.GetDateTime(1)).ToUnixTimeMilliseconds();
            foreach (var one in PackedSpan.Decode(reader.GetFieldValue<byte[]>(2)))
            {
                long start = Math.Max(first, hour + one.StartMs), end = Math.Min(last, hour + one.StartMs + one.DurationMs);
                if (hour + one.StartMs >= last || hour + one.StartMs + one.DurationMs <= first) continue;
                if (spans.Count > 0 && spans[^1].Camera == camera && start - spans[^1].To <= 2000) spans[^1] = (camera, spans[^1].From, end);
                else spans.Add((camera, start, end));
            }
        }

        return new(spans.Count, $"{spans.Max(s => s.To)}");
    }

    public static async Task<Found> DetectionsAsync(NpgsqlDataSource database, Guid[]? cameras, Instant from, Instant to, string label, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
            select d.event_id, d.at, d.camera, d.box, d.task_type, d.detections, c.site, c.name from detection d join camera c using (tenant, camera)
            where d.tenant = 'main' and d.day >= $4 and d.day <= $5 and d.at >= $1 and d.at < $2 and d.labels && array[$3]{(cameras is null ? "" : " and d.camera = $6")}
            order by d.at desc, d.camera desc, d.event_id desc limit 200
            """);
        command.Parameters.AddWithValue(from.ToDateTimeUtc());
        command.Parameters.AddWithValue(to.ToDateTimeUtc());
        command.Parameters.AddWithValue(label);
        command.Parameters.AddWithValue(from.InUtc().Date.ToDateOnly());
        command.Parameters.AddWithValue(to.InUtc().Date.ToDateOnly());
        if (cameras is not null) command.Parameters.AddWithValue(cameras[0]);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<(string Event, DateTime At, Guid Camera, Guid Box, string Task, IReadOnlyList<Detection> Detections, string Site, string Name)> all = [];
        while (await reader.ReadAsync(cancellation))
        {
            all.Add((
                reader.GetString(0), reader.GetDateTime(1), reader.GetGuid(2), reader.GetGuid(3), reader.GetString(4),
                JsonSerializer.Deserialize<IReadOnlyList<Detection>>(reader.GetString(5), HeldarJson.Options)!, reader.GetString(6), reader.GetString(7)));
        }

        return new(all.Count, all.Count == 0 ? "" : all[^1].Event);
    }
}
