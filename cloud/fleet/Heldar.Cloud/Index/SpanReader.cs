using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Reads pieces from packed spans. A page asks for the hours that usually hold it and goes on from there until it is full at the end of an hour: all that start
/// before the last hour read are complete. A timeline asks for everything at once. Not thread-safe.
/// </summary>
internal sealed class SpanReader
{
    /// <summary>Hours of one camera that hold a usual page, the one that began before it and the one that says that it is complete.</summary>
    private const int FewHours = 4;

    /// <summary>Where there is little footage in the first hours of several cameras.</summary>
    private const int NextLists = 64;

    private const int MostLists = 1024;

    private static readonly Duration Hour = Duration.FromHours(1);

    private readonly RecordingQuery _query;
    private readonly CameraScope _scope;
    private readonly FootageRules _rules;
    private readonly RecordingCursor? _after;
    private readonly PagePieces? _page;
    private readonly Duration _joined;
    private readonly List<FootagePiece> _timeline = [];
    private (Instant Hour, Guid Camera, Guid Box)? _last;
    private Instant _first;
    private Instant? _until;
    private int _portion;
    private bool _headers;

    private SpanReader(RecordingQuery query, CameraScope scope, FootageRules rules, Instant from)
    {
        (_query, _scope, _rules) = (query, scope, rules);
        _first = PackedSpan.HourOf(from - LandingRow.MaxDuration);
        _headers = !scope.IsFew;
    }

    /// <summary>The first <paramref name="limit"/> pieces behind the cursor.</summary>
    public SpanReader(RecordingQuery query, CameraScope scope, FootageRules rules, RecordingCursor? after, int limit)
        : this(query, scope, rules, Begin(query, after))
    {
        (_after, _page, _portion) = (after, new(limit), scope.IsOne ? FewHours : MostLists);
        // Half an hour of many cameras is more than a page; of a few, the next hour is asked for at once.
        if (!scope.IsOne) _until = PackedSpan.HourOf(Begin(query, after) + (scope.IsFew ? Hour : Hour / 2)) + Hour;
    }

    /// <summary>Everything; pieces of one list that lie at most <paramref name="joined"/> apart are one.</summary>
    public SpanReader(RecordingQuery query, CameraScope scope, FootageRules rules, Duration joined)
        : this(query, scope, rules, query.From) => _joined = joined;

    /// <summary>What was found; a page's in order.</summary>
    public IReadOnlyList<FootagePiece> Found => _page?.Take() ?? _timeline;

    // Headers say what the fold of an hour saw, which only deletions ask for that some hour has not seen.
    private string From => _headers
        ? $"""
          select s.camera, s.box, s.hour, p.packed, p.from_camera, case when {_rules.MayBeStale} then s.folded_at end, case when {_rules.MayBeStale} then s.folded_in::text end from span s
          join span_list p on p.tenant = s.tenant and p.camera = s.camera and p.hour = s.hour and p.box = s.box where s.last_at > @SpanFrom
          """
        : $"""
          select s.camera, s.box, s.hour, s.packed, s.from_camera, {OfHeader("f.folded_at")}, {OfHeader("f.folded_in::text")}
          from span_list s where true
          """;

    private string OfHeader(string column) => $"case when {_rules.MayBeStale} then (select {column} from span f where f.tenant = s.tenant and f.camera = s.camera and f.hour = s.hour and f.box = s.box and f.hour >= @FirstHour and f.hour < @SpanTo) end";

    /// <summary>The statement for what was not read yet; needs <see cref="AddTo"/> and the scope's parameters.</summary>
    public string Sql => $"{From} and {_scope.Of("s")} and s.hour >= @FirstHour and s.hour < @SpanTo"
        + (_last is null ? "" : " and (s.hour, s.camera, s.box) > (@LastHour, @LastCamera, @LastBox)")
        // A timeline reads everything, in the order of the key; its caller sorts.
        + (_page is null ? " order by s.camera, s.hour, s.box" : " order by s.hour, s.camera, s.box limit @Portion");

    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.AddWithValue("FirstHour", _first.ToDateTimeUtc());
        parameters.AddWithValue("SpanTo", (_until is { } until && until < _query.To ? until : _query.To).ToDateTimeUtc());
        if (_headers) parameters.AddWithValue("SpanFrom", _query.From.ToDateTimeUtc());
        if (_page is not null) parameters.AddWithValue("Portion", _portion);
        if (_last is not { } key) return;
        parameters.AddWithValue("LastHour", key.Hour.ToDateTimeUtc());
        parameters.AddWithValue("LastCamera", key.Camera);
        parameters.AddWithValue("LastBox", key.Box);
    }

    /// <summary>Reads one result; true when more has to be asked for.</summary>
    public async Task<bool> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var read = 0;
        while (await reader.ReadAsync(cancellation))
        {
            read++;
            var hour = reader.At(2);
            if (_page is { IsFull: true } && _last is { } before && hour != before.Hour) return false;
            var at = (Hour: hour, Camera: reader.GetGuid(0), Box: reader.GetGuid(1));
            _last = at;
            var packed = reader.GetFieldValue<byte[]>(3);
            if (packed.Length % PackedSpan.BytesPerSegment != 0) throw new InvalidDataException($"a packed span of {packed.Length} bytes is damaged");
            if (_page is not null) Offer(_page, Pieces(reader, at, packed, Unseen(reader, at)));
            else if (Unseen(reader, at) is { Count: > 0 } unseen) _timeline.AddRange(Joined(Pieces(reader, at, packed, unseen), _joined));
            else Join(at, packed, (long)_joined.TotalMilliseconds);
        }

        return _page is not null && GoOn(read);
    }

    /// <summary>Whether a page needs more than the portion that was read to its end, and how that is asked for.</summary>
    private bool GoOn(int read)
    {
        var cut = read == _portion;
        if (!cut)
        {
            if (_page!.IsFull || _until is not { } until || until >= _query.To) return false;
            (_first, _until) = (until, null);
        }

        _portion = cut ? Math.Min(_portion * 4, MostLists) : NextLists;
        // Beyond the first hours, only the headers' index has the hours of several cameras in order.
        _headers |= !_scope.IsOne;
        return true;
    }

    private static Instant Begin(RecordingQuery query, RecordingCursor? after) => after is { } cursor && cursor.Start > query.From ? cursor.Start : query.From;

    private static void Offer(PagePieces page, IEnumerable<FootagePiece> pieces)
    {
        foreach (var piece in pieces)
            if (!page.Offer(piece)) return;
    }

    private IEnumerable<FootagePiece> Pieces(NpgsqlDataReader reader, (Instant Hour, Guid Camera, Guid Box) at, byte[] packed, List<DeletedRange> unseen)
    {
        var refilled = reader.IsDBNull(4) ? [] : reader.GetFieldValue<int[]>(4);
        for (var offset = 0; offset < packed.Length; offset += PackedSpan.BytesPerSegment)
        {
            var segment = PackedSpan.At(packed, offset);
            var start = at.Hour + Duration.FromMilliseconds(segment.StartMs);
            if (start >= _query.To) yield break;
            var end = start + Duration.FromMilliseconds(segment.DurationMs);
            if (end <= _query.From) continue;
            var provenance = refilled.Length > 0 && refilled.Contains(segment.StartMs) ? FootageProvenance.Camera : (FootageProvenance?)null;
            var piece = new FootagePiece(at.Camera, at.Box, start, end, segment.SizeKiB * 1024L, Open: false, Segment: null, provenance);
            if (_query.Wants(piece, _after) && !IsHidden(piece, unseen)) yield return piece;
        }
    }

    /// <summary>The deletions that an hour's last fold did not know yet.</summary>
    private List<DeletedRange> Unseen(NpgsqlDataReader reader, (Instant Hour, Guid Camera, Guid Box) at)
    {
        // Nearly every hour has seen everything.
        if (_rules.Deleted.Count == 0 || reader.IsDBNull(5)) return [];
        var view = new FoldSnapshot(reader.At(5), reader.IsDBNull(6) ? null : reader.GetString(6));
        return [.. _rules.Deleted[at.Camera].Where(t => t.FromAt < at.Hour + Hour && t.ToAt > at.Hour && !view.Saw(t))];
    }

    /// <summary>Such deletions hide all that started in their range; the next fold looks at the ids.</summary>
    private bool IsHidden(FootagePiece piece, List<DeletedRange> unseen) =>
        unseen.Count > 0 && unseen.Exists(t => piece.Start >= t.FromAt && piece.Start < t.ToAt && !_rules.Keeps(piece, t.DeletedAt));

    /// <summary>Adds a list's stretches: the same as <see cref="Joined"/> without a piece for each segment, of which a month has a hundred thousand.</summary>
    private void Join((Instant Hour, Guid Camera, Guid Box) at, byte[] packed, long tolerance)
    {
        long hour = at.Hour.ToUnixTimeMilliseconds(), from = _query.From.ToUnixTimeTicks(), to = _query.To.ToUnixTimeTicks();
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
            _timeline.Add(new(at.Camera, at.Box, Instant.FromUnixTimeMilliseconds(start), Instant.FromUnixTimeMilliseconds(end), bytes, Open: false, Segment: null));
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
