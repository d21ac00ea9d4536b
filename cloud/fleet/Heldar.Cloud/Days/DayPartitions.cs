using System.Collections.Concurrent;
using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Days;

/// <summary>Makes the days of <see cref="DayTable"/>s ahead, makes late days when they are needed, and drops old ones whole. Idempotent; safe from many processes. Thread-safe; bounded.</summary>
public sealed class DayPartitions(NpgsqlDataSource database)
{
    private const long LockId = 0x48454C44415953;

    /// <summary>Days that are made before they come; the one before today waits for what is late by minutes.</summary>
    private const int DaysAhead = 3;

    private const int MaxKnown = 1000;

    private readonly ConcurrentDictionary<(DayTable Table, LocalDate Day), bool> _known = new();

    /// <summary>Makes yesterday to the day after the day after tomorrow of every table, and drops what is older than it keeps.</summary>
    public async Task EnsureAheadAsync(Instant now, CancellationToken cancellation)
    {
        var today = DayTable.DayOf(now);
        List<string> dropped = [];
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await LockAsync(connection, transaction, cancellation);
        foreach (var table in DayTable.All)
        {
            var there = await ThereAsync(connection, transaction, table, cancellation);
            for (var day = today.PlusDays(-1); day <= today.PlusDays(DaysAhead); day = day.PlusDays(1))
                if (!there.Contains(table.Partition(day))) await MakeAsync(connection, transaction, table, day, cancellation);
            var oldest = table.Partition(table.FirstKept(now));
            dropped.AddRange(there.Where(n => string.CompareOrdinal(n, oldest) < 0));
        }

        await transaction.CommitAsync(cancellation);
        foreach (var old in dropped) await DropAsync(old, cancellation);
    }

    /// <summary>Makes days that late events need; asks the database only for those that this process has not seen.</summary>
    public async Task EnsureAsync(DayTable table, IEnumerable<LocalDate> days, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(table);
        var missing = days.Distinct().Where(d => !_known.ContainsKey((table, d))).ToList();
        if (missing.Count == 0) return;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await LockAsync(connection, transaction, cancellation);
        var there = await ThereAsync(connection, transaction, table, cancellation);
        foreach (var day in missing.Where(d => !there.Contains(table.Partition(d)))) await MakeAsync(connection, transaction, table, day, cancellation);
        await transaction.CommitAsync(cancellation);
        if (_known.Count > MaxKnown) _known.Clear();
        foreach (var day in missing) _known[(table, day)] = true;
    }

    /// <summary>Drops a day. A reader of a moment ago is waited for, but not for long: whoever comes after it waits behind this; the next run tries again.</summary>
    private async Task DropAsync(string day, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        try
        {
            await ExecuteAsync(connection, transaction, $"set local lock_timeout = '500ms'; drop table if exists {day}", cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await transaction.RollbackAsync(cancellation);
        }
    }

    private static async Task<HashSet<string>> ThereAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, DayTable table, CancellationToken cancellation) =>
        (await connection.QueryAsync<string>(new CommandDefinition(
            "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = @Name::regclass", new { table.Name }, transaction, cancellationToken: cancellation)))
        .ToHashSet(StringComparer.Ordinal);

    // Names and bounds are made from dates alone, so there is nothing to escape.
    private static Task<int> MakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, DayTable table, LocalDate day, CancellationToken cancellation) =>
        ExecuteAsync(connection, transaction, $"create table {table.Partition(day)} partition of {table.Name} for values from ('{day:uuuu-MM-dd}') to ('{day.PlusDays(1):uuuu-MM-dd}')", cancellation);

    private static Task<int> LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellation) =>
        ExecuteAsync(connection, transaction, $"select pg_advisory_xact_lock({LockId})", cancellation);

    private static Task<int> ExecuteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(sql, transaction: transaction, cancellationToken: cancellation));
}
