using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Enrolment;

/// <summary>Who the box is to its fleet, once enrolled.</summary>
/// <param name="Tenant">Tenant slug.</param>
/// <param name="Site">Site slug.</param>
/// <param name="Box">The box's id.</param>
/// <param name="KeyId">Key that was enrolled; another key means the box must enrol again.</param>
internal sealed record BoxIdentity(string Tenant, string Site, Guid Box, string KeyId);

/// <summary>Keeps the identity in <c>identity.json</c> of the data folder. Null until the box is enrolled. Thread-safe.</summary>
internal sealed class IdentityStore
{
    private readonly string _file;
    private volatile BoxIdentity? _current;

    public IdentityStore(string dataFolder, string keyId)
    {
        _file = Path.Combine(dataFolder, "identity.json");
        if (!File.Exists(_file)) return;
        var kept = JsonSerializer.Deserialize<BoxIdentity>(KeyFile.Read(_file, 64 * 1024), HeldarJson.Options);
        if (kept is not null && kept.KeyId == keyId) _current = kept;
    }

    public BoxIdentity? Current => _current;

    public void Keep(BoxIdentity identity)
    {
        KeyFile.Write(_file, JsonSerializer.SerializeToUtf8Bytes(identity, HeldarJson.Options));
        _current = identity;
    }
}
