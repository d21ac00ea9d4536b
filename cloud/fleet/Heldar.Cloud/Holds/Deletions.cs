namespace Heldar.Cloud.Holds;

/// <summary>How the deletions that boxes reported are looked up. Stateless.</summary>
internal static class Deletions
{
    /// <summary>
    /// SQL of the deletions <c>t</c> of a camera that touch [from, to), to stand behind <c>from</c> or <c>join … on true</c>. Deletions are of three lengths, and of each
    /// only those are looked at that begin at most as long before.
    /// </summary>
    /// <param name="tenant">SQL of the tenant.</param>
    /// <param name="camera">SQL of the camera.</param>
    /// <param name="from">SQL of the range's begin.</param>
    /// <param name="to">SQL of the range's end, exclusive.</param>
    public static string Touching(string tenant, string camera, string from, string to) =>
        $"""
        (values (0::smallint, interval '1 hour'), (1::smallint, interval '48 hours'), (2::smallint, interval '8760000 hours')) as k (reach, most)
        join tombstone t on t.tenant = {tenant} and t.camera = {camera} and t.reach = k.reach and t.from_at >= {from} - k.most and t.from_at < {to} and t.to_at > {from}
        """;
}
