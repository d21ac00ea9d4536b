namespace Heldar.Cloud.Holds;

/// <summary>How the deletions that boxes reported are looked up. Stateless.</summary>
internal static class Deletions
{
    /// <summary>
    /// SQL of the deletions <c>t</c> of a camera that touch [from, to), to stand behind <c>from</c>. Deletions are of three lengths, and of each only those are looked at that
    /// begin at most as long before: three conditions on the index, which a join with the lengths would not become.
    /// </summary>
    /// <param name="tenant">SQL of the tenant.</param>
    /// <param name="camera">SQL of the camera.</param>
    /// <param name="from">SQL of the range's begin.</param>
    /// <param name="to">SQL of the range's end, exclusive.</param>
    public static string Touching(string tenant, string camera, string from, string to)
    {
        var of = $"select * from tombstone x where x.tenant = {tenant} and x.camera = {camera} and x.from_at < {to} and x.to_at > {from} and x.reach =";
        return $"({of} 0 and x.from_at >= {from} - interval '1 hour' union all {of} 1 and x.from_at >= {from} - interval '48 hours' union all {of} 2) t";
    }
}
