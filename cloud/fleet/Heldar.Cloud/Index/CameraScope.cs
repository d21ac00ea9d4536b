using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>The cameras of one search, as its statements say them: none is named for a tenant's every camera, so that the planner sees what a person would have written. Immutable.</summary>
/// <param name="tenant">Whose.</param>
/// <param name="cameras">Null for every camera of the tenant.</param>
internal sealed class CameraScope(string tenant, Guid[]? cameras)
{
    /// <summary>How many; null for all.</summary>
    public int? Count => cameras?.Length;

    /// <summary>Condition on the tenant and camera of an alias; needs <see cref="AddTo"/>.</summary>
    public string Of(string alias) => $"{alias}.tenant = @Tenant" + cameras switch
    {
        null => "",
        [_] => $" and {alias}.camera = @Camera",
        _ => $" and {alias}.camera = any(@Cameras)",
    };

    /// <summary>Adds the parameters that <see cref="Of"/> names.</summary>
    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.AddWithValue("Tenant", tenant);
        if (cameras is [var one]) parameters.AddWithValue("Camera", one);
        else if (cameras is not null) parameters.AddWithValue("Cameras", cameras);
    }
}
