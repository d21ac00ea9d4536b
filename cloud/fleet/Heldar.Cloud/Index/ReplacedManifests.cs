using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Deletes manifests that a fold replaced (<c>manifest_replaced</c>), a day later: whoever read their name before has read them by then. Never one that a span names
/// again, since equal content has an equal name; and none while a new version of the index is built, which reads them all. Thread-safe.
/// </summary>
internal sealed class ReplacedManifests(NpgsqlDataSource database, ManifestStore manifests)
{
    /// <summary>As long they stay.</summary>
    public static readonly Duration Kept = Duration.FromDays(1);

    private const int TakenAtOnce = 200;

    /// <summary>A run goes on while there are more, for this many portions.</summary>
    private const int MaxPortions = 20;

    /// <summary>Lists a manifest, in the transaction that replaces it.</summary>
    public static Task<int> AddAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, SpanKey key, string manifest, Instant now) => connection.ExecuteAsync(command(
        "insert into manifest_replaced (tenant, camera, hour, box, manifest, replaced_at) values (@Tenant, @Camera, @Hour, @Box, @manifest, @now)", new { key.Tenant, key.Camera, key.Hour, key.Box, manifest, now }));

    /// <summary>Deletes what is due; the number of manifests that are gone.</summary>
    public async Task<int> DeleteAsync(Instant now, CancellationToken cancellation)
    {
        var deleted = 0;
        for (var portion = 0; portion < MaxPortions; portion++)
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            // No fold is on its way that could name one of them again, and no build begins before the end of this.
            await connection.ExecuteAsync(Command("select pg_advisory_xact_lock(@LockId); lock table span in row exclusive mode", new { FoldChanges.LockId }));
            if (await connection.ExecuteScalarAsync<bool>(Command("select exists (select 1 from index_version where state = 'building')", new { }))) return deleted;
            var gone = (await connection.QueryAsync<Row>(Command(
                """
                with due as (
                    delete from manifest_replaced where id in (select id from manifest_replaced where replaced_at <= @before order by id limit @TakenAtOnce)
                    returning tenant, camera, hour, box, manifest)
                select d.manifest, exists (
                    select 1 from span s where s.tenant = d.tenant and s.camera = d.camera and s.hour = d.hour and s.box = d.box and s.manifest = d.manifest) as named from due d
                """,
                new { before = now - Kept, TakenAtOnce }))).ToList();
            var unnamed = gone.Where(g => !g.Named).Select(g => g.Manifest).Distinct(StringComparer.Ordinal).ToList();
            // Before the commit: after a crash in between they are deleted again, which changes nothing.
            await Parallel.ForEachAsync(unnamed, new ParallelOptions { MaxDegreeOfParallelism = SpanFold.AtOnce, CancellationToken = cancellation }, async (name, token) => await manifests.DeleteAsync(name, token));
            await transaction.CommitAsync(cancellation);
            deleted += unnamed.Count;
            if (gone.Count < TakenAtOnce) break;

            CommandDefinition Command(string sql, object values) => new(sql, values, transaction, cancellationToken: cancellation);
        }

        return deleted;
    }

    private sealed record Row
    {
        public string Manifest { get; init; } = "";

        public bool Named { get; init; }
    }
}
