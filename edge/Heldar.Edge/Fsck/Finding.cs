namespace Heldar.Edge.Fsck;

/// <summary>Something that is not as an invariant wants it.</summary>
/// <param name="Invariant">Its number in ARCHITECTURE.md.</param>
/// <param name="Code">What kind, for programs: kebab case.</param>
/// <param name="Subject">File, segment, camera or hold.</param>
/// <param name="Text">What is wrong, for people.</param>
internal sealed record Finding(int Invariant, string Code, string Subject, string Text)
{
    /// <summary>It was put in order.</summary>
    public bool Repaired { get; init; }
}

/// <summary>Collects findings: the first <see cref="MaxListed"/> whole, all by count. One thread.</summary>
internal sealed class FsckReport
{
    public const int MaxListed = 1000;
    private readonly List<Finding> _listed = [];
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    public IReadOnlyList<Finding> Listed => _listed;

    /// <summary>How many of each code.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>What was looked at: segments, files, bytes hashed and so on.</summary>
    public SortedDictionary<string, long> Checked { get; } = new(StringComparer.Ordinal);

    /// <summary>What is not in order now.</summary>
    public long Open { get; private set; }

    public void Add(Finding finding)
    {
        _counts[finding.Code] = _counts.GetValueOrDefault(finding.Code) + 1;
        if (!finding.Repaired) Open++;
        if (_listed.Count < MaxListed) _listed.Add(finding);
    }

    public void Count(string what, long by = 1) => Checked[what] = Checked.GetValueOrDefault(what) + by;
}
