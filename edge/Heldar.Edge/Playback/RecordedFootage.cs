using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Playback;

/// <summary>Footage from the index, joined with the running segments of the cameras. Thread-safe.</summary>
internal sealed class RecordedFootage(SegmentIndex index, VolumeSet volumes, CameraRegistry cameras) : IFootage
{
    private static readonly Duration NextWithin = Duration.FromSeconds(1);

    public async Task<IReadOnlyList<Footage>> FindAsync(Guid camera, Instant from, Instant to, int limit, CancellationToken cancellation)
    {
        // The running segment is looked at first: one that closes in between is then found twice, never missed.
        var open = await OpenAsync(camera, cancellation);
        var page = await index.FindAsync(camera, from, to, limit, null, cancellation);
        var found = page.Items.Where(s => s.File is not null).Select(ToFootage).ToList();
        if (open is not null && page.Cursor is null && found.Count < limit && open.Start < to && open.End > from && found.TrueForAll(f => f.Id != open.Id)) found.Add(open);
        return found;
    }

    public async Task<IReadOnlyList<RecordedSpan>> TimelineAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation)
    {
        var open = await OpenAsync(camera, cancellation);
        var closed = await index.TimelineAsync(camera, from, to, cancellation);
        return open is null || open.Start >= to || open.End <= from ? closed : [.. closed, new RecordedSpan(Instant.Max(open.Start, from), Instant.Min(open.End, to))];
    }

    public Task<IReadOnlyList<RecordedSpan>> ForeignAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation) => index.ForeignAsync(camera, from, to, cancellation);

    public async Task<Footage?> FindByIdAsync(Guid id, CancellationToken cancellation)
    {
        foreach (var camera in cameras.All)
            if (await OpenAsync(camera.Uid, cancellation) is { } open && open.Id == id) return Unlinked(open);
        return await index.FindByIdAsync(id, cancellation) is { File: not null } segment ? ToReadable(segment) : null;
    }

    public async Task<Footage?> FindAtAsync(Guid camera, Instant at, CancellationToken cancellation)
    {
        var open = await OpenAsync(camera, cancellation);
        if (open is not null && at >= open.Start - NextWithin && at < open.End) return Unlinked(open);
        if (await index.FindAtAsync(camera, at, cancellation) is { File: not null } covering) return ToReadable(covering);
        var next = await index.FindAsync(camera, at, at + NextWithin, 1, null, cancellation);
        return next.Items is [{ File: not null } first] ? ToReadable(first) : null;
    }

    /// <summary>A file that is missing where it belongs, or lies behind a link, is read from the mirror.</summary>
    private Footage? ToReadable(Segment s)
    {
        var there = ToFootage(s);
        return File.Exists(there.Path) && Unlinked(there) is not null ? there : index.CopyOf(s.RelativePath) is { } copy ? there with { Path = copy } : Unlinked(there);
    }

    /// <summary>Footage that is a file of a volume; null when a link leads to it.</summary>
    private Footage? Unlinked(Footage found) => volumes.Holding(found.Path)?.FirstLink(found.Path) is null ? found : null;

    private static Footage ToFootage(Segment s) => new(s.Id, s.Camera, s.Start, s.End, s.Bytes, s.File!)
    {
        Held = s.Held,
        Codec = s.Data.Codec,
        Width = s.Data.Width,
        Height = s.Data.Height,
        Frames = s.Data.Frames,
        Revision = s.Data.Revision,
        Provenance = s.Data.Provenance,
        Sha256 = s.Data.Sha256,
        Root = s.Data.Root,
    };

    private async Task<Footage?> OpenAsync(Guid camera, CancellationToken cancellation)
    {
        if (cameras.Get(camera.ToString("D")) is not { } actor) return null;
        var now = await actor.ObserveAsync(cancellation);
        if (now.Recorder is not { OpenSegment: { } id, OpenStart: { } start, OpenPath: { } path, OpenBytes: > 0, RecordedThrough: { } through } recorder || through <= start) return null;
        var video = now.Stream?.Format?.Video;
        return new Footage(id, camera, start, through, recorder.OpenBytes, path) { Open = true, Codec = video?.CodecString, Width = video?.Width, Height = video?.Height };
    }
}
