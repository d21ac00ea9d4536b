namespace Heldar.Cloud.Holds;

/// <summary>When a hold keeps the record of footage that its box reports as deleted. One rule, as SQL and as code; both sides are times of the box's own clock.</summary>
internal static class HoldRules
{
    /// <summary>SQL that is true for a hold <c>h</c> that stood when tombstone <c>t</c> deleted.</summary>
    public const string Stood = "h.placed_at <= t.deleted_at and (h.released_at is null or h.released_at > t.deleted_at)";

    /// <summary>
    /// SQL that is true when some hold of the camera stood when tombstone <c>t</c> deleted and covers the segment; needs the alias' tenant, camera, start_at and end_at.
    /// </summary>
    public static string Keeps(string segment) =>
        $"exists (select 1 from hold h where h.tenant = {segment}.tenant and h.camera = {segment}.camera and h.from_at < greatest({segment}.end_at, {segment}.start_at + interval '1 microsecond') and h.to_at > {segment}.start_at and {Stood})";
}
