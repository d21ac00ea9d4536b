using Npgsql;

namespace Heldar.Local.Emulator;

/// <summary>What the cloud's index knows, for the status table.</summary>
/// <param name="Cameras">Cameras that boxes described.</param>
/// <param name="Recording">Cameras whose footage is known up to the last 15 s.</param>
/// <param name="Segments">Segments that a search finds.</param>
internal sealed record StackFigures(long Cameras, long Recording, long Segments)
{
    private const string Query = """
        select (select count(*) from camera),
               (select count(*) from camera_progress where recorded_through > now() - interval '15 seconds'),
               (select count(*) from segment_landing) + (select coalesce(sum(segments), 0) from span)
        """;

    /// <summary>Reads them; null while the database does not answer.</summary>
    public static async Task<StackFigures?> ReadAsync(string database, CancellationToken cancellation)
    {
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false, Timeout = 2, CommandTimeout = 3 }.ConnectionString);
            await connection.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand(Query, connection);
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellation);
            await row.ReadAsync(cancellation);
            return new StackFigures(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException or TimeoutException)
        {
            return null;
        }
    }
}
