using Dapper;
using Heldar.Cloud.Database;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Makes the index's partitions ahead and drops landing days that are folded empty. Both lock the whole table for a moment: readers of a moment ago are waited for, but
/// not for long, since whoever comes after them waits behind this. Idempotent; safe from many processes.
/// </summary>
public static class IndexPartitions
{
    private const long LockId = 0x48454C50415254;

    /// <summary>Days of landing partitions that stay after their day.</summary>
    public const int KeptDays = 3;

    /// <summary>
    /// Today's and the next three landing days; the span months from last to next. Drops emptied landing days older than <see cref="KeptDays"/>. What cannot be done while
    /// somebody reads is done by a later run; only for today's it throws (a transient <see cref="PostgresException"/>).
    /// </summary>
    public static async Task EnsureAsync(NpgsqlDataSource database, Instant now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        var today = now.InUtc().Date;
        foreach (var one in await MissingAsync(database, [.. Enumerable.Range(-1, 5).Select(d => Day(today.PlusDays(d))), .. Enumerable.Range(-1, 3).SelectMany(m => Months(IndexTables.Current, today.PlusMonths(m)))], cancellation))
        {
            try
            {
                await MakeAsync(database, [one], cancellation);
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable && one.Begin > today)
            {
                // There are days until it is needed.
            }
        }

        await DropOldAsync(database, today.PlusDays(-KeptDays), cancellation);
    }

    /// <summary>The span months that late footage needs. Throws a transient <see cref="PostgresException"/> while somebody reads.</summary>
    internal static async Task EnsureMonthsAsync(NpgsqlDataSource database, IEnumerable<Instant> hours, CancellationToken cancellation)
    {
        var missing = await MissingAsync(database, [.. hours.Select(h => h.InUtc().Date.With(DateAdjusters.StartOfMonth)).Distinct().SelectMany(m => Months(IndexTables.Current, m))], cancellation);
        if (missing.Count > 0) await MakeAsync(database, missing, cancellation);
    }

    /// <summary>The months of a version of the index that is being built, in its builder's transaction; nobody reads it yet.</summary>
    internal static async Task MonthsAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, IndexTables tables, IEnumerable<Instant> hours)
    {
        foreach (var month in hours.SelectMany(h => Months(tables, h.InUtc().Date)).DistinctBy(p => p.Name, StringComparer.Ordinal)) await connection.ExecuteAsync(command(month.Sql, new { }));
    }

    private static async Task<IReadOnlyList<Partition>> MissingAsync(NpgsqlDataSource database, List<Partition> wanted, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var there = (await connection.QueryAsync<string>(new CommandDefinition(
            "select n from unnest(@names) n where to_regclass(n) is not null", new { names = wanted.Select(p => p.Name).ToArray() }, cancellationToken: cancellation))).ToHashSet(StringComparer.Ordinal);
        return [.. wanted.Where(p => !there.Contains(p.Name))];
    }

    private static async Task MakeAsync(NpgsqlDataSource database, IReadOnlyList<Partition> missing, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync($"select pg_advisory_xact_lock({LockId})");
        await TableOwner.ActAsync(connection, transaction, IndexTables.Current.Span, cancellation);
        await ExecuteAsync("set local lock_timeout = '500ms'");
        foreach (var one in missing) await ExecuteAsync(one.Sql);
        await transaction.CommitAsync(cancellation);

        Task<int> ExecuteAsync(string sql) => connection.ExecuteAsync(new CommandDefinition(sql, transaction: transaction, cancellationToken: cancellation));
    }

    // Names and bounds are made from dates alone, so there is nothing to escape.
    private static Partition Day(LocalDate day)
    {
        var name = $"segment_landing_{day:uuuuMMdd}";
        return new(name, day, $"create table if not exists {name} partition of segment_landing for values from ('{day:uuuu-MM-dd}') to ('{day.PlusDays(1):uuuu-MM-dd}')");
    }

    private static IEnumerable<Partition> Months(IndexTables tables, LocalDate day)
    {
        var month = day.With(DateAdjusters.StartOfMonth);
        foreach (var table in new[] { tables.Span, tables.List })
        {
            var name = $"{table}_{month:uuuuMM}";
            yield return new(name, month, $"create table if not exists {name} partition of {table} for values from ('{month:uuuu-MM-dd} 00:00+00') to ('{month.PlusMonths(1):uuuu-MM-dd} 00:00+00')");
        }
    }

    /// <summary>Each in a transaction of its own: one that is being read keeps no other.</summary>
    private static async Task DropOldAsync(NpgsqlDataSource database, LocalDate before, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var names = await connection.QueryAsync<string>(new CommandDefinition(
            "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'segment_landing'::regclass and c.relname < @limit",
            new { limit = $"segment_landing_{before:uuuuMMdd}" }, cancellationToken: cancellation));
        foreach (var name in names.AsList())
        {
            // Looked at before anything is locked: a day with rows that cannot be folded stays, and must not stop its readers every minute.
            if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition($"select exists (select 1 from {name})", cancellationToken: cancellation))) continue;
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            try
            {
                await connection.ExecuteAsync(new CommandDefinition($"set local lock_timeout = '500ms'; lock table only segment_landing in access exclusive mode; lock table {name} in access exclusive mode", transaction: transaction, cancellationToken: cancellation));
                if (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition($"select exists (select 1 from {name})", transaction: transaction, cancellationToken: cancellation)))
                    await connection.ExecuteAsync(new CommandDefinition($"drop table {name}", transaction: transaction, cancellationToken: cancellation));
                await transaction.CommitAsync(cancellation);
            }
            catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.UndefinedTable)
            {
                // It is being read, or another process was faster; the next run looks again.
                await transaction.RollbackAsync(cancellation);
            }
        }
    }

    /// <summary>A partition and what makes it.</summary>
    private sealed record Partition(string Name, LocalDate Begin, string Sql);
}
