using System.Collections.Frozen;
using Heldar.Contracts;

namespace Heldar.Edge.Access;

/// <summary>The cameras that a caller may know of: all, or those with some ids. Immutable.</summary>
internal sealed class CameraScope
{
    /// <summary>Most cameras that one scope names.</summary>
    public const int MaxCameras = 512;

    private readonly FrozenSet<string>? _only;

    private CameraScope(FrozenSet<string>? only) => _only = only;

    public static CameraScope All { get; } = new(null);

    public bool IsAll => _only is null;

    /// <summary>The ids, in order; null for all.</summary>
    public IReadOnlyList<string>? Ids => _only is null ? null : [.. _only.Order(StringComparer.Ordinal)];

    /// <summary>A scope of some ids; all for null. An empty list sees nothing.</summary>
    public static CameraScope Of(IEnumerable<string>? ids) => ids is null ? All : new(ids.ToFrozenSet(StringComparer.Ordinal));

    /// <summary>What is wrong with a wished-for list; null when nothing is.</summary>
    public static string? Mistake(IReadOnlyList<string>? ids) =>
        ids is null ? null
        : ids.Count is 0 or > MaxCameras ? $"cameras must name 1 to {MaxCameras} cameras, or be null for all"
        : ids.All(Names.IsSlug) ? null
        : "cameras must be a list of camera ids";

    /// <summary>Whether the caller may know of a camera; one that the box does not have (null) is known to nobody but who sees all.</summary>
    public bool Sees(string? id) => _only is null || (id is not null && _only.Contains(id));
}
