using Dapper;
using Heldar.Cloud.Database;
using Heldar.Cloud.Index;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Versions;

/// <summary>One version of the index.</summary>
/// <param name="Version">Counts from 1.</param>
/// <param name="State"><c>building</c>, <c>current</c>, <c>retired</c> or <c>abandoned</c>.</param>
/// <param name="Hours">Camera-hours written by the build, repeats included; 0 for the first version.</param>
/// <param name="Due">Camera-hours that the build still has to write; more come while it lists.</param>
/// <param name="Listed">Whether every stored manifest has been listed.</param>
/// <param name="Differences">How it differs from the current one, when that keeps it from being switched by itself.</param>
public sealed record IndexVersion(int Version, string State, long Hours, long Due, bool Listed, string? Differences, Instant StartedAt);

/// <summary>
/// Begins, shows, accepts and gives up versions of the index. The work is <see cref="IndexBuilder"/>'s, in the functions; this only writes what is wanted into the
/// database. Thread-safe.
/// </summary>
public sealed class IndexVersions(NpgsqlDataSource database)
{
    /// <summary>Begins a new version beside the current one; null when it began, else why not.</summary>
    public async Task<string?> StartAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await TableOwner.ActAsync(connection, transaction, IndexTables.Current.Span, cancellation);
        // Waits for folds that have written to the current version and do not see the build yet; those that begin later tell it what they change.
        await ExecuteAsync("lock table span in share row exclusive mode");
        if (await connection.ExecuteScalarAsync<int?>(Command("select version from index_version where state = 'building'")) is { } running) return $"version {running} is being built";
        if (await connection.ExecuteScalarAsync<bool>(Command("select to_regclass('span_old') is not null"))) return "the version before this one is still being dropped; try again in a minute";
        await ExecuteAsync(
            """
            create table span_next (like span including defaults including constraints including indexes) partition by range (hour);
            create table span_list_next (like span_list including defaults including constraints including indexes) partition by range (hour);
            delete from index_due;
            insert into index_version (version, state) select max(version) + 1, 'building' from index_version
            """);
        await transaction.CommitAsync(cancellation);
        return null;

        Task ExecuteAsync(string sql) => connection.ExecuteAsync(Command(sql));
        CommandDefinition Command(string sql) => new(sql, transaction: transaction, cancellationToken: cancellation);
    }

    /// <summary>Every version, the newest first.</summary>
    public async Task<IReadOnlyList<IndexVersion>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. (await connection.QueryAsync<Row>(new CommandDefinition(
            """
            select version, state, hours, listed_at is not null as listed, differences, started_at, case state when 'building' then (select count(*) from index_due) else 0 end as due
            from index_version order by version desc limit 100
            """,
            cancellationToken: cancellation))).Select(r => new IndexVersion(r.Version, r.State, r.Hours, r.Due, r.Listed, r.Differences, r.StartedAt))];
    }

    /// <summary>Wants the version under construction although it differs; false when none is built.</summary>
    public Task<bool> AcceptAsync(CancellationToken cancellation) => ChangeAsync("update index_version set accepted = true where state = 'building'", cancellation);

    /// <summary>Gives the version under construction up and drops what was built; false when none is built.</summary>
    public Task<bool> AbandonAsync(CancellationToken cancellation) => ChangeAsync(
        $"update index_version set state = 'abandoned', ended_at = clock_timestamp() where state = 'building'; drop table if exists {IndexTables.Next.List}, {IndexTables.Next.Span}; delete from index_due", cancellation);

    private async Task<bool> ChangeAsync(string sql, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await connection.ExecuteScalarAsync<bool>(Command("select exists (select 1 from index_version where state = 'building' for update)"))) return false;
        await connection.ExecuteAsync(Command(sql));
        await transaction.CommitAsync(cancellation);
        return true;

        CommandDefinition Command(string text) => new(text, transaction: transaction, cancellationToken: cancellation);
    }

    private sealed record Row
    {
        public int Version { get; init; }

        public string State { get; init; } = "";

        public long Hours { get; init; }

        public long Due { get; init; }

        public bool Listed { get; init; }

        public string? Differences { get; init; }

        public Instant StartedAt { get; init; }
    }
}
