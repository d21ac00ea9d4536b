namespace Heldar.Local.FleetSim;

/// <summary>Findings of one kind: how many, and the first of them in words. Not thread-safe.</summary>
/// <param name="kind">Begins every line.</param>
internal sealed class Findings(string kind)
{
    private const int MostWords = 5;
    private readonly List<string> _words = [];

    public int Count { get; private set; }

    public IReadOnlyList<string> Words => Count > _words.Count ? [.. _words, $"{kind}: {Count} in all"] : _words;

    public void Add(int count, string what)
    {
        Count += count;
        if (_words.Count < MostWords) _words.Add($"{kind}: {what}");
    }
}
