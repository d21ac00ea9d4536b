namespace Heldar.Edge.Retention;

/// <summary>Who pays when space is short: the camera furthest over its share. A share follows the quota where there is one.</summary>
internal static class FairShare
{
    /// <summary>The camera that pays next; null when nobody can.</summary>
    /// <param name="policy">Quotas are the weights; a camera without one weighs as much as the others do on average.</param>
    /// <param name="budget">Bytes to share out.</param>
    /// <param name="usage">Bytes by camera.</param>
    /// <param name="except">Cameras that have nothing left to give.</param>
    public static Guid? Payer(RetentionPolicy policy, long budget, IReadOnlyList<(Guid Camera, long Bytes)> usage, IReadOnlySet<Guid> except)
    {
        var quotas = usage.Select(u => policy.QuotaOf(u.Camera)).Where(q => q is > 0).Select(q => (double)q!.Value).ToList();
        var usual = quotas.Count == 0 ? 1 : quotas.Average();
        double Weight(Guid camera) => policy.QuotaOf(camera) is { } quota and > 0 ? quota : usual;
        var sum = usage.Sum(u => Weight(u.Camera));
        Guid? payer = null;
        var worst = double.MinValue;
        foreach (var (camera, bytes) in usage)
        {
            if (except.Contains(camera)) continue;
            var over = bytes - (budget * Weight(camera) / sum);
            if (over > worst || (over == worst && payer is { } other && camera.CompareTo(other) < 0)) (worst, payer) = (over, camera);
        }

        return payer;
    }
}
