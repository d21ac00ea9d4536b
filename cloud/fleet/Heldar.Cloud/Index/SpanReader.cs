using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>A deletion as a search sees it, for hours that were folded before it landed.</summary>
internal sealed record DeletedRange
{
    public Guid Camera { get; init; }

    public Instant FromAt { get; init; }

    public Instant ToAt { get; init; }

    public Instant LandedAt { get; init; }

    public Instant DeletedAt { get; init; }
}

/// <summary>Reads pieces from packed spans in the order of their hours, in portions: a page needs few lists, and what is not needed is not asked for. Not thread-safe.</summary>
internal sealed class SpanReader(NpgsqlConnection connection, NpgsqlTransaction transaction, RecordingQuery query, Guid[] cameras, ILookup<Guid, DeletedRange> deleted, HeldFootage held)
{
    /// <summary>Of so many cameras a timeline reads the lists alone, each found by its key; of more, the headers' index by hour finds them.</summary>
    private const int FewCameras = 64;

    private const int MostLists = 1024;

    /// <summary>See <see cref="FootageReader.SpansAsync"/>.</summary>
    public async Task<List<FootagePiece>> ReadAsync(RecordingCursor? after, int limit, Duration? joined, CancellationToken cancellation)
    {
        List<FootagePiece> found = [];
        // Two hours of each camera hold a usual page.
        int? portion = limit == int.MaxValue ? null : Math.Clamp(2 * cameras.Length, 4, FewCameras);
        (Instant Hour, Guid Camera, Guid Box)? last = null;
        while (true)
        {
            var read = 0;
            await using var command = Command(after, last, portion);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                read++;
                var hour = Instant.FromDateTimeUtc(reader.GetDateTime(2));
                if (last is { } before && hour != before.Hour && found.Count >= limit) return found;
                last = (hour, reader.GetGuid(0), reader.GetGuid(1));
                var packed = reader.GetFieldValue<byte[]>(3);
                if (packed.Length % PackedSpan.BytesPerSegment != 0) throw new InvalidDataException($"a packed span of {packed.Length} bytes is damaged");
                if (joined is { } tolerance && !deleted.Contains(last.Value.Camera)) Join(found, last.Value, packed, (long)tolerance.TotalMilliseconds);
                else found.AddRange(Pieces(reader, last.Value, packed, after, joined));
            }

            if (portion is not { } asked || read < asked) return found;
            portion = Math.Min(asked * 4, MostLists);
        }
    }

    private NpgsqlCommand Command(RecordingCursor? after, (Instant Hour, Guid Camera, Guid Box)? last, int? portion)
    {
        // Headers say when an hour was folded, which only deletions ask for; and their index has the hours of several cameras in order, so that a page stops early.
        var headers = deleted.Count > 0 || cameras.Length > FewCameras || (portion is not null && cameras.Length > 1);
        var sql = headers
            ? "select s.camera, s.box, s.hour, p.packed, p.from_camera, s.folded_at from span s join span_list p on p.tenant = s.tenant and p.camera = s.camera and p.hour = s.hour and p.box = s.box where s.last_at > @From and "
            : "select s.camera, s.box, s.hour, s.packed, s.from_camera, null::timestamptz from span_list s where ";
        sql += "s.tenant = @Tenant and s.hour >= @FirstHour and s.hour < @To and s.camera = " + (cameras.Length == 1 ? "@Camera" : "any(@Cameras)")
            + (last is null ? "" : " and (s.hour, s.camera, s.box) > (@LastHour, @LastCamera, @LastBox)")
            // A timeline reads everything, in the order of the key; its caller sorts.
            + (portion is null ? " order by s.camera, s.hour, s.box" : " order by s.hour, s.camera, s.box limit @Portion");
        var command = new NpgsqlCommand(sql, connection, transaction);
        var from = after is { } c && c.Start > query.From ? c.Start : query.From;
        command.Parameters.AddWithValue("Tenant", query.Tenant);
        if (cameras.Length == 1) command.Parameters.AddWithValue("Camera", cameras[0]);
        else command.Parameters.AddWithValue("Cameras", cameras);
        command.Parameters.AddWithValue("FirstHour", PackedSpan.HourOf(from - LandingRow.MaxDuration).ToDateTimeUtc());
        command.Parameters.AddWithValue("To", query.To.ToDateTimeUtc());
        if (headers) command.Parameters.AddWithValue("From", query.From.ToDateTimeUtc());
        if (portion is { } size) command.Parameters.AddWithValue("Portion", size);
        if (last is { } key)
        {
            command.Parameters.AddWithValue("LastHour", key.Hour.ToDateTimeUtc());
            command.Parameters.AddWithValue("LastCamera", key.Camera);
            command.Parameters.AddWithValue("LastBox", key.Box);
        }

        return command;
    }

    private IEnumerable<FootagePiece> Pieces(NpgsqlDataReader reader, (Instant Hour, Guid Camera, Guid Box) at, byte[] packed, RecordingCursor? after, Duration? joined)
    {
        var refilled = reader.IsDBNull(4) ? [] : reader.GetFieldValue<int[]>(4);
        var folded = reader.IsDBNull(5) ? Instant.MaxValue : Instant.FromDateTimeUtc(reader.GetDateTime(5));
        var pieces = PackedSpan.Decode(packed)
            .Select(s => new FootagePiece(
                at.Camera, at.Box, at.Hour + Duration.FromMilliseconds(s.StartMs), at.Hour + Duration.FromMilliseconds(s.StartMs + (long)s.DurationMs), s.SizeKiB * 1024L, Open: false, Segment: null,
                refilled.Contains(s.StartMs) ? FootageProvenance.Camera : null))
            .Where(p => query.Wants(p, after) && !IsHidden(p, folded));
        return joined is { } tolerance ? Joined(pieces, tolerance) : pieces;
    }

    /// <summary>Deletions that an hour's last fold did not know yet hide all that started in their range; the next fold looks at the ids.</summary>
    private bool IsHidden(FootagePiece piece, Instant folded) =>
        deleted[piece.Camera].Any(t => piece.Start >= t.FromAt && piece.Start < t.ToAt && t.LandedAt >= folded && !held.Keeps(piece, t.DeletedAt));

    /// <summary>Adds a list's stretches: the same as <see cref="Joined"/> without a piece for each segment, of which a month has a hundred thousand.</summary>
    private void Join(List<FootagePiece> found, (Instant Hour, Guid Camera, Guid Box) at, byte[] packed, long tolerance)
    {
        long hour = at.Hour.ToUnixTimeMilliseconds(), from = query.From.ToUnixTimeTicks(), to = query.To.ToUnixTimeTicks();
        long start = -1, end = 0, bytes = 0;
        for (var offset = 0; offset < packed.Length; offset += PackedSpan.BytesPerSegment)
        {
            var segment = PackedSpan.At(packed, offset);
            long begins = hour + segment.StartMs, ends = begins + segment.DurationMs;
            if (begins * NodaConstants.TicksPerMillisecond >= to || ends * NodaConstants.TicksPerMillisecond <= from) continue;
            if (start >= 0 && begins - end > tolerance) Add();
            if (start < 0) (start, end, bytes) = (begins, ends, 0);
            (end, bytes) = (Math.Max(end, ends), bytes + (segment.SizeKiB * 1024L));
        }

        if (start >= 0) Add();

        void Add()
        {
            found.Add(new(at.Camera, at.Box, Instant.FromUnixTimeMilliseconds(start), Instant.FromUnixTimeMilliseconds(end), bytes, Open: false, Segment: null));
            start = -1;
        }
    }

    /// <summary>Joins ascending pieces of one camera that lie at most <paramref name="tolerance"/> apart.</summary>
    private static IEnumerable<FootagePiece> Joined(IEnumerable<FootagePiece> pieces, Duration tolerance)
    {
        FootagePiece? open = null;
        foreach (var piece in pieces)
        {
            if (open is { } last && piece.Start - last.End <= tolerance)
            {
                open = last with { End = Instant.Max(last.End, piece.End), Bytes = last.Bytes + piece.Bytes };
                continue;
            }

            if (open is { } done) yield return done;
            open = piece;
        }

        if (open is { } rest) yield return rest;
    }
}
