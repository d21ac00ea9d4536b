using Heldar.Contracts.Events;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Media.SegmentNames;
using NodaTime;

namespace Heldar.Edge.Fsck;

/// <summary>A closed segment as its newest seal tells it; small, since a volume has millions.</summary>
internal sealed class SealedSegment(string path, SegmentData data)
{
    public string Path { get; } = path;

    public Guid Id { get; } = data.Segment;

    public Guid Camera { get; } = data.Camera;

    public Guid Run { get; } = data.Run;

    public Instant Start { get; } = data.Start;

    public Instant End { get; } = data.End;

    public long Bytes { get; } = data.Bytes;

    public int Revision { get; } = data.Revision;

    public byte[] Sha256 { get; } = Convert.FromHexString(data.Sha256);

    /// <summary>When its deletion was sealed; null while it must be there.</summary>
    public Instant? DeletedAt { get; set; }

    public string? DeletedBecause { get; set; }

    /// <summary>Its file was seen.</summary>
    public bool OnDisk { get; set; }

    /// <summary>Its row was seen.</summary>
    public bool Indexed { get; set; }
}

/// <summary>All that the seal log of one volume says, read once.</summary>
internal sealed class SealedVolume
{
    private readonly Dictionary<Guid, SealedSegment> _segments = [];
    private readonly Dictionary<Guid, HoldSeal> _holds = [];
    private readonly Dictionary<Guid, int> _gaps = [];
    private readonly Dictionary<(Guid Camera, Instant From), bool> _wishes = [];
    private readonly Dictionary<Guid, Instant> _begins = [];

    private SealedVolume(Volume volume) => Volume = volume;

    public Volume Volume { get; }

    public IReadOnlyDictionary<Guid, SealedSegment> Segments => _segments;

    /// <summary>Newest line of each hold; one that ended stays so.</summary>
    public IReadOnlyDictionary<Guid, HoldSeal> Holds => _holds;

    /// <summary>Highest revision of each gap.</summary>
    public IReadOnlyDictionary<Guid, int> Gaps => _gaps;

    /// <summary>Wishes, and whether their end is told.</summary>
    public IReadOnlyDictionary<(Guid Camera, Instant From), bool> Wishes => _wishes;

    /// <summary>From when on the log still tells of a camera's gaps, where its beginning was taken away.</summary>
    public IReadOnlyDictionary<Guid, Instant> Begins => _begins;

    /// <summary>Opened and neither closed nor given up: what a crash left.</summary>
    public Dictionary<Guid, string> Unclosed { get; } = [];

    /// <summary>Reads the log; what is wrong with the log itself goes to the report.</summary>
    public static SealedVolume Read(Volume volume, FsckReport report, CancellationToken cancellation)
    {
        var sealedVolume = new SealedVolume(volume);
        var reader = new SealReader(volume.Root);
        foreach (var (_, record) in reader.Read(null, cancellation, SealReader.NoFragments)) sealedVolume.Take(record);
        report.Count("seals", reader.Lines);
        foreach (var problem in reader.Problems)
            report.Add(new Finding(3, "seal-chain", $"{volume.Root}/{SealFiles.Folder}/{problem.Hour}.jsonl:{problem.Line}", problem.What));
        return sealedVolume;
    }

    private void Take(SealRecord record)
    {
        switch (record)
        {
            case { Type: SealType.Opened, Opened: { } opened, Path: { } path }:
                Unclosed[opened.Segment] = path;
                break;
            case { Type: SealType.Closed or SealType.Salvaged, Data: { Sha256.Length: 64 } data, Path: { } path }:
                Unclosed.Remove(data.Segment);
                if (!_segments.TryGetValue(data.Segment, out var known) || data.Revision > known.Revision) _segments[data.Segment] = new SealedSegment(path, data);
                break;
            case { Type: SealType.Quarantined or SealType.Discarded, Path: { } path }:
                if (!SegmentName.TryParse(path, out var name)) break;
                Unclosed.Remove(name.Id);
                if (_segments.TryGetValue(name.Id, out var moved)) (moved.DeletedAt, moved.DeletedBecause) = (record.At, "quarantined");
                break;
            case { Type: SealType.Deletion, Deleted: { } deleted }:
                foreach (var gone in Deleted(record, deleted)) (gone.DeletedAt, gone.DeletedBecause) = (record.At, deleted.Reason);
                break;
            case { Type: SealType.Hold, Hold: { } hold }:
                if (!_holds.TryGetValue(hold.Data.Hold, out var before) || before.Released is null) _holds[hold.Data.Hold] = hold;
                break;
            case { Type: SealType.Gap, Missing: { } gap }:
                _gaps[gap.Gap] = Math.Max(gap.Revision, _gaps.GetValueOrDefault(gap.Gap));
                break;
            case { Type: SealType.Wanted, Wanted: { } wanted }:
                _wishes[(wanted.Camera, wanted.From)] = wanted.To is not null || _wishes.GetValueOrDefault((wanted.Camera, wanted.From));
                break;
            case { Type: SealType.Pruned, Pruned: { } pruned }:
                foreach (var (camera, from) in pruned.Ledger.Select(l => (l.Camera, l.From)))
                    _begins[camera] = Instant.Max(from, _begins.GetValueOrDefault(camera, Instant.MinValue));
                break;
        }
    }

    private IEnumerable<SealedSegment> Deleted(SealRecord record, FootageDeletedData deleted) => record.Segments is { } ids
        ? ids.Select(id => _segments.GetValueOrDefault(id)).OfType<SealedSegment>()
        : _segments.Values.Where(s => s.Camera == deleted.Camera && s.Start >= deleted.From && s.Start < deleted.To);
}
