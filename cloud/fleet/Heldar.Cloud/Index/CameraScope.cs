using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// The cameras of one search, as its statements say them: one, several, those of sites, or none for a tenant's every camera. The statements hold no condition that was
/// not asked for, so that the planner sees what a person would have written. Immutable.
/// </summary>
internal sealed class CameraScope(RecordingQuery query)
{
    /// <summary>Of so many cameras the lists are read by their key; of more, the headers' index by hour finds them.</summary>
    private const int FewCameras = 64;
    private const int FewSites = 4;

    private readonly Guid[]? _cameras = query.Cameras is { Count: > 0 } cameras ? [.. cameras.Distinct()] : null;
    private readonly string[]? _sites = query.Sites is { Count: > 0 } sites ? [.. sites] : null;

    /// <summary>Whether cameras or sites are named.</summary>
    public bool IsNamed => _cameras is not null || _sites is not null;

    /// <summary>Whether it is one camera.</summary>
    public bool IsOne => _cameras is [_] && _sites is null;

    /// <summary>Whether they are few, as far as one can tell without asking.</summary>
    public bool IsFew => _sites is null ? _cameras is { Length: <= FewCameras } : _sites.Length <= FewSites || _cameras is { Length: <= FewCameras };

    /// <summary>The condition on rows of <c>camera</c>; needs <see cref="AddTo"/>.</summary>
    public string OfCameras => "tenant = @Tenant" + (_sites is null ? "" : " and site = any(@Sites)") + (_cameras is null ? "" : " and camera = any(@Cameras)");

    /// <summary>Condition on the tenant and camera of an alias; needs <see cref="AddTo"/>.</summary>
    public string Of(string alias)
    {
        if (_sites is not null) return $"{alias}.tenant = @Tenant and {alias}.camera = any(array(select camera from camera where {OfCameras}))";
        return $"{alias}.tenant = @Tenant" + (_cameras is null ? "" : IsOne ? $" and {alias}.camera = @Camera" : $" and {alias}.camera = any(@Cameras)");
    }

    /// <summary>Adds the parameters that the conditions name.</summary>
    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.AddWithValue("Tenant", query.Tenant);
        if (IsOne) parameters.AddWithValue("Camera", _cameras![0]);
        if (_cameras is not null) parameters.AddWithValue("Cameras", _cameras);
        if (_sites is not null) parameters.AddWithValue("Sites", _sites);
    }
}
