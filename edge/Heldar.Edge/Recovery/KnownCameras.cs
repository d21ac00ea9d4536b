using System.Collections.Concurrent;

namespace Heldar.Edge.Recovery;

/// <summary>
/// Uids that the seal log knows by slug. When the database is lost, a camera of the same slug gets its old uid back, so that its footage stays its own. Thread-safe.
/// </summary>
internal sealed class KnownCameras
{
    private readonly ConcurrentDictionary<string, Guid> _bySlug = new(StringComparer.Ordinal);

    /// <summary>The newest uid of a slug wins.</summary>
    public void Learn(string slug, Guid uid) => _bySlug[slug] = uid;

    public Guid? Find(string slug) => _bySlug.TryGetValue(slug, out var uid) ? uid : null;
}
