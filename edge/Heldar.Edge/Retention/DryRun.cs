using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>Lists what would be deleted, and deletes nothing. Keeps at most <see cref="MaxListed"/>; beyond it counts only.</summary>
internal sealed class DryRun : ICandidateTaker
{
    public const int MaxListed = 1000;
    private const int MaxKnown = 1_000_000;
    private readonly HashSet<Guid> _taken = [];
    private readonly Dictionary<(Guid Camera, string Reason), PlannedRule> _rules = [];

    /// <summary>The first segments, each with its reason.</summary>
    public List<(Candidate Segment, string Reason)> Listed { get; } = [];

    /// <summary>Count and bytes by reason.</summary>
    public Dictionary<string, (long Segments, long Bytes)> Sums { get; } = new(StringComparer.Ordinal);

    public Task<IReadOnlyList<Candidate>> TakeAsync(IReadOnlyList<Candidate> segments, string reason, CancellationToken cancellation)
    {
        var taken = new List<Candidate>(segments.Count);
        foreach (var segment in segments)
        {
            if (_taken.Count >= MaxKnown || !_taken.Add(segment.Id)) continue;
            taken.Add(segment);
            if (Listed.Count < MaxListed) Listed.Add((segment, reason));
            var (count, bytes) = Sums.GetValueOrDefault(reason);
            Sums[reason] = (count + 1, bytes + segment.Bytes);
            Count(segment, reason);
        }

        return Task.FromResult<IReadOnlyList<Candidate>>(taken);
    }

    /// <summary>What would go of one camera, in the order of the rules.</summary>
    public IReadOnlyList<PlannedRule> Of(Guid camera) => [.. _rules.Where(r => r.Key.Camera == camera).Select(r => r.Value)];

    private void Count(Candidate segment, string reason)
    {
        var before = _rules.GetValueOrDefault((segment.Camera, reason)) ?? new PlannedRule(reason, 0, 0, segment.Start, segment.End);
        _rules[(segment.Camera, reason)] = new PlannedRule(
            reason, before.Segments + 1, before.Bytes + segment.Bytes, Instant.Min(before.From, segment.Start), Instant.Max(before.To, segment.End));
    }
}
