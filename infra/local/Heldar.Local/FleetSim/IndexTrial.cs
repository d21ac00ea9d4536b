using System.Data;
using System.Diagnostics;
using Npgsql;

namespace Heldar.Local.FleetSim;

/// <summary>The judge before a real index: first it is proved there, then it judges.</summary>
/// <param name="database">Npgsql connection string of the index.</param>
/// <param name="storage">Azure Storage connection string, for manifests of folded hours; null when no hour is folded yet.</param>
internal sealed class IndexTrial(string database, string? storage)
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    /// <summary>Puts one loss, one duplicate, one sum and one change into the index, each in a transaction that is rolled back; answers their names once the judge has found all.</summary>
    public async Task<IReadOnlyList<string>> ProveAsync(SimLedger ledger, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await OpenAsync(cancellation);
        return await IndexJudgeProof.RunAsync(connection, storage, ledger, cancellation);
    }

    /// <summary>The verdict; one that is not in order is asked for again for 30 s, because a dead letter or a repeat may still be on its way.</summary>
    public async Task<IndexVerdict> JudgeAsync(SimLedger ledger, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await OpenAsync(cancellation);
        IndexVerdict verdict;
        long began = Stopwatch.GetTimestamp();
        while (!(verdict = IndexJudge.Judge(ledger, await ReadAsync(connection, ledger, cancellation))).Ok && Stopwatch.GetElapsedTime(began) < Settle)
            await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
        return verdict;
    }

    /// <summary>What the index has of the boxes of all other sites: real ones.</summary>
    public async Task<IndexFacts> ReadOthersAsync(string site, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await OpenAsync(cancellation);
        await using NpgsqlTransaction snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        return await IndexFacts.ReadOthersAsync(connection, storage, site, cancellation);
    }

    /// <summary>Within one snapshot: the index goes on folding hours meanwhile.</summary>
    private async Task<IndexFacts> ReadAsync(NpgsqlConnection connection, SimLedger ledger, CancellationToken cancellation)
    {
        await using NpgsqlTransaction snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        return await IndexFacts.ReadAsync(connection, storage, ledger, cancellation);
    }

    // Without a pool: a server that was killed leaves dead connections in it.
    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellation);
        return connection;
    }
}
