namespace Heldar.Edge.Retention;

/// <summary>Who pays when space is short: the camera furthest over its share. A share follows the quota where there is one.</summary>
internal static class FairShare
{
    /// <summary>Shares are fractions; so little is no difference.</summary>
    private const double Even = 0.5;

    /// <summary>
    /// Who may pay next: the camera furthest over its share, or all that are as far; when nobody is over his share, everybody. Of several the one with the oldest footage pays. Empty
    /// when nobody can.
    /// </summary>
    /// <param name="policy">Quotas are the weights; a camera without one weighs 1, so a quota of some is one to give to all.</param>
    /// <param name="budget">Bytes to share out.</param>
    /// <param name="usage">Bytes by camera.</param>
    /// <param name="except">Cameras that have nothing left to give.</param>
    public static IReadOnlyList<Guid> Payers(RetentionPolicy policy, long budget, IReadOnlyList<(Guid Camera, long Bytes)> usage, IReadOnlySet<Guid> except)
    {
        double Weight(Guid camera) => policy.QuotaOf(camera) is { } quota and > 0 ? quota : 1;
        var sum = usage.Sum(u => Weight(u.Camera));
        var over = usage.Where(u => !except.Contains(u.Camera)).Select(u => (u.Camera, By: u.Bytes - (budget * Weight(u.Camera) / sum))).ToList();
        if (over.Count == 0) return [];
        var worst = over.Max(o => o.By);
        return [.. over.Where(o => worst <= Even || o.By >= worst - Even).Select(o => o.Camera).Order()];
    }
}
