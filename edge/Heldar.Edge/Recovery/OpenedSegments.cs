using Heldar.Edge.Seals;
using Heldar.Media.SegmentNames;

namespace Heldar.Edge.Recovery;

/// <summary>Follows a seal log and keeps what was opened and not closed, salvaged or given up since. One thread.</summary>
internal sealed class OpenedSegments
{
    private readonly Dictionary<Guid, (string Path, OpenedSeal Opened)> _open = [];
    private readonly Dictionary<Guid, Dictionary<long, FragmentSeal>> _pieces = [];
    private readonly HashSet<Guid> _settled = [];

    /// <summary>What no later record settles.</summary>
    public IEnumerable<UnclosedSegment> Unclosed => _open.Select(o => new UnclosedSegment(o.Value.Path, o.Value.Opened, _pieces.TryGetValue(o.Key, out var pieces) ? pieces : []));

    /// <summary>Whether the log settles a segment, or will once its salvage is sealed.</summary>
    public bool Knows(Guid segment) => _settled.Contains(segment) || _open.ContainsKey(segment);

    public void Take(SealRecord record)
    {
        switch (record)
        {
            case { Type: SealType.Opened, Opened: { } opened, Path: { } path } when !_settled.Contains(opened.Segment):
                _open[opened.Segment] = (path, opened);
                break;
            case { Fragments: { } fragments } when !_settled.Contains(fragments.Segment):
                if (!_pieces.TryGetValue(fragments.Segment, out var pieces)) _pieces[fragments.Segment] = pieces = [];
                foreach (var item in fragments.Items) pieces[item.Offset] = item;
                break;
            case { Type: SealType.Closed or SealType.Salvaged, Data: { } data }:
                Settle(data.Segment);
                break;
            case { Type: SealType.Quarantined or SealType.Discarded, Path: { } path } when SegmentName.TryParse(path, out var name):
                Settle(name.Id);
                break;
        }
    }

    private void Settle(Guid segment)
    {
        _settled.Add(segment);
        _open.Remove(segment);
        _pieces.Remove(segment);
    }
}
