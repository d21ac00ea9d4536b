using Heldar.Contracts.Events;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// The statements that read footage of the last hours: what is still open, from the running segment's start to recorded_through, none when the segment has landed already; and
/// landing rows behind the cursor, in order, highest revision of each segment. Open comes first, so that a segment that closes in between is seen. Immutable.
/// </summary>
/// <param name="query">What is asked for.</param>
/// <param name="scope">Of which cameras.</param>
/// <param name="after">Where the page before ended; null for the first.</param>
/// <param name="limit">Most landing rows; null for all, in no order.</param>
internal sealed class RecentFootage(RecordingQuery query, CameraScope scope, RecordingCursor? after, int? limit)
{
    // A revision is 1 or more, so there is none above another that is not above 1; of those there are few, and they have an index of their own.
    private string Landing =>
        $"""
        select l.camera, l.box, l.start_at, l.end_at, l.bytes, l.segment, l.provenance from segment_landing l
        where {scope.Of("l")} and l.start_at > @Earliest and l.start_at < @To and l.end_at > @From{(after is null ? "" : " and (l.start_at, l.camera, l.box) > (@After, @AfterCamera, @AfterBox)")}
          and not exists (select 1 from segment_landing n where n.tenant = l.tenant and n.camera = l.camera and n.segment = l.segment and n.revision > l.revision and n.revision > 1)
          and not {Tombstones.Hides("l")}
        {(limit is null ? "" : "order by l.start_at, l.camera, l.box limit @Limit")}
        """;

    // No segment is a day long: saying so spares the planner the other months.
    private string Open =>
        $"""
        select p.camera, p.box, p.open_start, p.recorded_through, p.open_segment from camera_progress p
        where {scope.Of("p")} and p.open_start < @To and p.recorded_through > @From and p.recorded_through > p.open_start
          and not exists (select 1 from segment_landing l where l.tenant = p.tenant and l.camera = p.camera and l.segment = p.open_segment)
          and not exists (select 1 from span s where s.tenant = p.tenant and s.camera = p.camera and s.box = p.box and s.hour = date_trunc('hour', p.open_start) and s.last_at >= p.recorded_through
            and s.hour > @Earliest - interval '1 day' and s.hour < @To)
        """;

    /// <summary>Two statements; they need <see cref="AddTo"/> and the scope's parameters.</summary>
    public string Sql => $"{Open}; {Landing}";

    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.AddWithValue("From", query.From.ToDateTimeUtc());
        parameters.AddWithValue("To", query.To.ToDateTimeUtc());
        parameters.AddWithValue("Earliest", (query.From - LandingRow.MaxDuration).ToDateTimeUtc());
        if (limit is { } most) parameters.AddWithValue("Limit", most);
        if (after is not { } cursor) return;
        parameters.AddWithValue("After", cursor.Start.ToDateTimeUtc());
        parameters.AddWithValue("AfterCamera", cursor.Camera);
        parameters.AddWithValue("AfterBox", cursor.Box);
    }

    /// <summary>Reads both results, and leaves the reader at the one behind them.</summary>
    public async Task ReadAsync(NpgsqlDataReader reader, List<FootagePiece> found, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            var piece = new FootagePiece(reader.GetGuid(0), reader.GetGuid(1), reader.At(2), reader.At(3), 0, Open: true, reader.IsDBNull(4) ? null : reader.GetGuid(4));
            if (query.Wants(piece, after)) found.Add(piece);
        }

        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var provenance = reader.IsDBNull(6) ? null : (FootageProvenance?)reader.GetInt16(6);
            found.Add(new(reader.GetGuid(0), reader.GetGuid(1), reader.At(2), reader.At(3), reader.GetInt64(4), Open: false, reader.GetGuid(5), provenance));
        }

        await reader.NextResultAsync(cancellation);
    }
}
