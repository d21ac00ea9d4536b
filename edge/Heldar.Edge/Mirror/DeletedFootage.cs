using Heldar.Contracts.Events;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Mirror;

/// <summary>What seal logs say was deleted, no longer ago than those reach back: they are pruned with their footage. Made for one replay and let go after it. Immutable.</summary>
internal sealed class DeletedFootage
{
    private readonly HashSet<Guid> _segments = [];
    private readonly List<FootageDeletedData> _ranges = [];

    /// <summary>Reads whole logs.</summary>
    public static DeletedFootage Read(IReadOnlyList<Volume> volumes, CancellationToken cancellation)
    {
        var all = new DeletedFootage();
        foreach (var volume in volumes)
        {
            foreach (var (_, record) in new SealReader(volume.Root).Read(null, cancellation, fragments: false))
            {
                if (record.Deleted is not { } deleted) continue;
                if (record.Segments is { } segments) all._segments.UnionWith(segments);
                else all._ranges.Add(deleted);
            }
        }

        return all;
    }

    public bool Has(SegmentData data) => _segments.Contains(data.Segment) || _ranges.Exists(r => r.Camera == data.Camera && data.Start >= r.From && data.Start < r.To);
}
