using Heldar.Contracts;
using Heldar.Contracts.Api;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>Footage of one camera as merged stretches.</summary>
/// <param name="Camera">Global uid.</param>
/// <param name="Spans">[from, to] pairs in Unix milliseconds, ascending, apart by more than the tolerance.</param>
public sealed record TimelineCamera(Guid Camera, IReadOnlyList<long[]> Spans);

/// <summary>Searches recordings of one tenant. Thread-safe.</summary>
public sealed class RecordingSearch(NpgsqlDataSource database, ManifestReader manifests)
{
    /// <summary>Pieces closer than this are one stretch on a timeline.</summary>
    public static readonly Duration Tolerance = Duration.FromSeconds(2);

    /// <summary>One page, ordered by start, camera, box. Throws <see cref="ArgumentException"/> for a query or cursor that makes no sense.</summary>
    public async Task<RecordingsPage> PageAsync(RecordingQuery query, string? cursor, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Mistake() is { } mistake) throw new ArgumentException(mistake, nameof(query));
        if (limit is < 1 or > RecordingQuery.MaxLimit) throw new ArgumentException($"limit is 1 to {RecordingQuery.MaxLimit}", nameof(limit));
        RecordingCursor? after = null;
        if (cursor is not null) after = RecordingCursor.TryParse(cursor, out var parsed) ? parsed : throw new ArgumentException("cursor is not one that a page gave", nameof(cursor));

        var found = await new FootageReader(database, query).PageAsync(after, limit + 1, cancellation);
        var page = found.Pieces.Take(limit).ToList();
        var next = found.Pieces.Count > limit ? new RecordingCursor(page[^1].Start, page[^1].Camera, page[^1].Box).ToString() : null;
        return new([.. page.Select(p => Item(p, found.Cameras[p.Camera], found.Held))], next);
    }

    /// <summary>Merged stretches of every camera that the query names, cut to its range, open footage included.</summary>
    public async Task<IReadOnlyList<TimelineCamera>> TimelineAsync(RecordingQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Mistake() is { } mistake) throw new ArgumentException(mistake, nameof(query));
        var found = await new FootageReader(database, query).TimelineAsync(Tolerance, cancellation);
        var pieces = found.Pieces.ToLookup(p => p.Camera);
        return [.. found.Cameras.Values.OrderBy(c => c.Site, StringComparer.Ordinal).ThenBy(c => c.Name, StringComparer.Ordinal).Select(c => new TimelineCamera(c.Camera, Merge(pieces[c.Camera], query)))];
    }

    /// <summary>
    /// What the segment that starts at (or covers) <paramref name="at"/> must hash to; null when the index has none. A segment that is told again after its hour was
    /// folded stands in landing until the next fold: then the folded one counts, unless the other is of a higher revision.
    /// </summary>
    public async Task<RecordingProof?> ProofAsync(string tenant, Guid camera, Instant at, CancellationToken cancellation)
    {
        var landed = await ProofReader.FromLandingAsync(database, tenant, camera, at, cancellation);
        var folded = await ProofReader.FromManifestAsync(database, manifests, tenant, camera, at, cancellation);
        return landed is null || (folded is not null && folded.Segment == landed.Segment && folded.Revision >= landed.Revision) ? folded : landed;
    }

    /// <summary>The path under the fleet that plays a piece.</summary>
    public static string PlayUrl(Guid camera, Instant start) => $"/media/{camera:D}/{InstantText.Format(start)}.mp4";

    private static List<long[]> Merge(IEnumerable<FootagePiece> pieces, RecordingQuery query)
    {
        long from = query.From.ToUnixTimeMilliseconds(), to = query.To.ToUnixTimeMilliseconds(), tolerance = (long)Tolerance.TotalMilliseconds;
        List<long[]> merged = [];
        foreach (var piece in pieces.OrderBy(p => p.Start))
        {
            long start = Math.Max(from, piece.Start.ToUnixTimeMilliseconds()), end = Math.Min(to, piece.End.ToUnixTimeMilliseconds());
            if (merged.Count > 0 && start - merged[^1][1] <= tolerance) merged[^1][1] = Math.Max(merged[^1][1], end);
            else merged.Add([start, end]);
        }

        return merged;
    }

    private static RecordingItem Item(FootagePiece piece, CameraName camera, HeldFootage held) =>
        new(camera.Site, piece.Camera, camera.Name, piece.Box, piece.Start, piece.End, piece.Bytes, piece.Open, piece.Segment, PlayUrl(piece.Camera, piece.Start))
        {
            Provenance = piece.Provenance,
            Holds = held.Of(piece),
            Deleted = held.IsBroken(piece) ? true : null,
        };
}
