using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Posters;

/// <summary>A still of a camera and when the fleet got it.</summary>
internal sealed record Poster(byte[] Jpeg, Instant TakenAt);

/// <summary>Table <c>poster</c>: the last still of each camera, at most <see cref="MaxBytes"/>. Thread-safe.</summary>
internal sealed class PosterStore(NpgsqlDataSource database)
{
    public const int MaxBytes = 256 * 1024;

    public async Task<Poster?> FindAsync(string tenant, Guid camera, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            "select jpeg, taken_at as TakenAt from poster where tenant = @tenant and camera = @camera", new { tenant, camera }, cancellationToken: cancellation));
        return row is null ? null : new Poster(row.Jpeg, Instant.FromDateTimeUtc(DateTime.SpecifyKind(row.TakenAt, DateTimeKind.Utc)));
    }

    /// <summary>Keeps a still unless a newer one is there.</summary>
    public async Task KeepAsync(string tenant, Guid camera, Poster poster, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into poster (tenant, camera, taken_at, jpeg) values (@tenant, @camera, @at, @Jpeg)
            on conflict (tenant, camera) do update set taken_at = excluded.taken_at, jpeg = excluded.jpeg where poster.taken_at < excluded.taken_at
            """,
            new { tenant, camera, at = poster.TakenAt.ToDateTimeUtc(), poster.Jpeg },
            cancellationToken: cancellation));
    }

    private sealed record Row(byte[] Jpeg, DateTime TakenAt);
}
