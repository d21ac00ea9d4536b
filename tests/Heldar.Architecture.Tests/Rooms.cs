namespace Heldar.Architecture.Tests;

/// <summary>A deployable whose folders are rooms, and which room may use which other. Anything not listed is refused.</summary>
internal sealed record Deployable(string Folder, string Namespace, string Tests, IReadOnlyDictionary<string, string[]> Allowed)
{
    /// <summary>Folders with C# files that are rooms; Program.cs and other root files compose them and may use all.</summary>
    public IEnumerable<string> Rooms() =>
        Directory.EnumerateDirectories(Path.Combine(Repository.Root, Folder))
            .Where(d => Path.GetFileName(d) is not ("bin" or "obj") && Repository.Files(Repository.Relative(d), ".cs").Any())
            .Select(d => Path.GetFileName(d)!)
            .Order(StringComparer.Ordinal);
}

/// <summary>Laws of a graph of rooms.</summary>
internal static class RoomGraph
{
    /// <summary>Edges that a graph does not allow, as "A → B".</summary>
    public static IEnumerable<string> Forbidden(IEnumerable<(string From, string To)> edges, IReadOnlyDictionary<string, string[]> allowed) =>
        edges.Where(e => e.From != e.To && !(allowed.TryGetValue(e.From, out var to) && to.Contains(e.To)))
            .Select(e => $"{e.From} → {e.To}").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>Edges that a graph allows and nothing uses, as "A → B".</summary>
    public static IEnumerable<string> Unused(IEnumerable<(string From, string To)> edges, IReadOnlyDictionary<string, string[]> allowed) =>
        allowed.SelectMany(a => a.Value.Select(to => (From: a.Key, To: to))).Except(edges).Select(e => $"{e.From} → {e.To}").Order(StringComparer.Ordinal);

    /// <summary>A cycle in the graph as text, or null.</summary>
    public static string? Cycle(IReadOnlyDictionary<string, string[]> graph)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var start in graph.Keys)
            if (Visit(start, graph, done, []) is { } found) return found;
        return null;
    }

    private static string? Visit(string room, IReadOnlyDictionary<string, string[]> graph, HashSet<string> done, List<string> path)
    {
        var at = path.IndexOf(room);
        if (at >= 0) return string.Join(" → ", path.Skip(at).Append(room));
        if (!done.Add(room)) return null;
        path.Add(room);
        foreach (var next in graph.GetValueOrDefault(room, []))
            if (Visit(next, graph, done, path) is { } found) return found;
        path.RemoveAt(path.Count - 1);
        return null;
    }
}
