using System.Collections.Concurrent;
using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Registry;

/// <summary>Which box records a camera. What is known is kept for 30 s; what is unknown, or said to be another box's, is asked again each time. Thread-safe; bounded.</summary>
public sealed class CameraOwners(NpgsqlDataSource database, IClock clock)
{
    private const int MaxEntries = 200_000;
    private static readonly Duration Lifetime = Duration.FromSeconds(30);

    private readonly ConcurrentDictionary<(string Tenant, Guid Camera), (Guid Box, Instant Read)> _kept = new();

    /// <summary>The registered box of each camera, for events of <paramref name="box"/>: a camera that became its own a moment ago is not refused; cameras that nobody registered, and those of a box that was taken out, which the one in its place has yet to name, are missing from the answer.</summary>
    public async ValueTask<IReadOnlyDictionary<Guid, Guid>> FindAsync(string tenant, Guid box, IReadOnlyCollection<Guid> cameras, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(cameras);
        var now = clock.GetCurrentInstant();
        Dictionary<Guid, Guid> found = [];
        List<Guid> open = [];
        foreach (var camera in cameras)
        {
            if (_kept.TryGetValue((tenant, camera), out var kept) && kept.Box == box && kept.Read <= now && now - kept.Read < Lifetime) found[camera] = kept.Box;
            else open.Add(camera);
        }

        if (open.Count == 0) return found;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(Guid Camera, Guid Box)>(new CommandDefinition(
            """
            select c.camera, c.box from camera c join box b on b.tenant = c.tenant and b.box = c.box
            where c.tenant = @tenant and c.camera = any(@open) and (b.removed_at is null or c.box = @box)
            """,
            new { tenant, box, open = open.ToArray() }, cancellationToken: cancellation));
        if (_kept.Count > MaxEntries) _kept.Clear();
        foreach (var (camera, owner) in rows)
        {
            found[camera] = owner;
            _kept[(tenant, camera)] = (owner, now);
        }

        return found;
    }
}
