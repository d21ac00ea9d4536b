using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Holds;

/// <summary>Reads the holds of a camera's range. Stateless.</summary>
internal static class HeldRanges
{
    /// <summary>Holds of a camera that touch [from, to), standing or ended.</summary>
    public static async Task<List<HeldRange>> ReadAsync(
        NpgsqlConnection connection, Func<string, object, CommandDefinition> command, string tenant, Guid camera, Instant from, Instant to) =>
        [.. await connection.QueryAsync<HeldRange>(command(
            "select camera, hold, from_at, to_at, placed_at, released_at from hold where tenant = @tenant and camera = @camera and placed_at is not null and from_at < @to and to_at > @from",
            new { tenant, camera, from, to }))];
}
