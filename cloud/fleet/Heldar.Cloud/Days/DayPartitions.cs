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

    /// <summary>
    /// Makes yesterday to the day after the day after tomorrow of every table, and drops what is older than it keeps. What cannot be done while somebody reads is done by a
    /// later run; only for today's it throws (a transient <see cref="PostgresException"/>).
    /// </summary>
    public async Task EnsureAheadAsync(Instant now, CancellationToken cancellation)
    {
        var today = DayTable.DayOf(now);
        foreach (var table in DayTable.All)
        {
            var there = await ThereAsync(table, cancellation);
            for (var day = today.PlusDays(-1); day <= today.PlusDays(DaysAhead); day = day.PlusDays(1))
            {
                if (there.Contains(table.Partition(day))) continue;
                try
                {
                    await MakeAsync(table, [day], cancellation);
                }
                catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable && day > today)
                {
                    // There are days until it is needed.
                }
            }

            var oldest = table.Partition(table.FirstKept(now));
            foreach (var old in there.Where(n => string.CompareOrdinal(n, oldest) < 0)) await DropAsync(old, cancellation);
        }
    }

    /// <summary>Makes days that late events need; asks the database only for those that this process has not seen. Throws a transient <see cref="PostgresException"/> while somebody reads.</summary>
    public async Task EnsureAsync(DayTable table, IEnumerable<LocalDate> days, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(table);
        var unknown = days.Distinct().Where(d => !_known.ContainsKey((table, d))).ToList();
        if (unknown.Count == 0) return;
        var there = await ThereAsync(table, cancellation);
        List<LocalDate> missing = [.. unknown.Where(d => !there.Contains(table.Partition(d)))];
        if (missing.Count > 0) await MakeAsync(table, missing, cancellation);
        if (_known.Count > MaxKnown) _known.Clear();
        foreach (var day in unknown) _known[(table, day)] = true;
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

    private async Task<HashSet<string>> ThereAsync(DayTable table, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<string>(new CommandDefinition(
            "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = @Name::regclass", new { table.Name }, cancellationToken: cancellation)))
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Makes days. It locks the table for a moment, and waits for its readers no longer than for a drop.</summary>
    private async Task MakeAsync(DayTable table, IReadOnlyList<LocalDate> days, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, transaction, $"select pg_advisory_xact_lock({LockId})", cancellation);
        await ExecuteAsync(connection, transaction, "set local lock_timeout = '500ms'", cancellation);
        // Names and bounds are made from dates alone, so there is nothing to escape. Another process may have made it meanwhile.
        foreach (var day in days)
            await ExecuteAsync(connection, transaction, $"create table if not exists {table.Partition(day)} partition of {table.Name} for values from ('{day:uuuu-MM-dd}') to ('{day.PlusDays(1):uuuu-MM-dd}')", cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static Task<int> ExecuteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(sql, transaction: transaction, cancellationToken: cancellation));
}
