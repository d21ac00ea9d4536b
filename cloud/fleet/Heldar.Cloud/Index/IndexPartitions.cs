using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>Makes the index's partitions ahead and drops landing days that are folded empty. Idempotent; safe from many processes.</summary>
public static class IndexPartitions
{
    private const long LockId = 0x48454C50415254;

    /// <summary>Days of landing partitions that stay after their day.</summary>
    public const int KeptDays = 3;

    /// <summary>Today's and the next three landing days; the span months from last to next. Drops emptied landing days older than <see cref="KeptDays"/>.</summary>
    public static async Task EnsureAsync(NpgsqlDataSource database, Instant now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        var today = now.InUtc().Date;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await LockAsync(connection, transaction, cancellation);
        for (var ahead = -1; ahead <= 3; ahead++) await DayAsync(connection, transaction, today.PlusDays(ahead), cancellation);
        for (var month = -1; month <= 1; month++) await MonthAsync(connection, transaction, today.PlusMonths(month), cancellation);
        await DropOldAsync(connection, transaction, today.PlusDays(-KeptDays), cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>The span months that late footage needs.</summary>
    internal static async Task EnsureMonthsAsync(NpgsqlDataSource database, IEnumerable<Instant> hours, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await LockAsync(connection, transaction, cancellation);
        foreach (var month in hours.Select(h => h.InUtc().Date).Select(d => new LocalDate(d.Year, d.Month, 1)).Distinct())
            await MonthAsync(connection, transaction, month, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static Task<int> LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(@LockId)", new { LockId }, transaction, cancellationToken: cancellation));

    // Names and bounds are made from dates alone, so there is nothing to escape.
    private static Task<int> DayAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, LocalDate day, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            $"create table if not exists segment_landing_{day:uuuuMMdd} partition of segment_landing for values from ('{day:uuuu-MM-dd}') to ('{day.PlusDays(1):uuuu-MM-dd}')", transaction: transaction, cancellationToken: cancellation));

    private static Task<int> MonthAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, LocalDate day, CancellationToken cancellation)
    {
        return connection.ExecuteAsync(new CommandDefinition(MonthSql(IndexTables.Current, day), transaction: transaction, cancellationToken: cancellation));
    }

    /// <summary>The months of a version of the index that is being built, in its builder's transaction.</summary>
    internal static async Task MonthsAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, IndexTables tables, IEnumerable<Instant> hours)
    {
        foreach (var sql in hours.Select(h => MonthSql(tables, h.InUtc().Date)).Distinct(StringComparer.Ordinal)) await connection.ExecuteAsync(command(sql, new { }));
    }

    private static string MonthSql(IndexTables tables, LocalDate day)
    {
        var month = new LocalDate(day.Year, day.Month, 1);
        var range = $"for values from ('{month:uuuu-MM-dd} 00:00+00') to ('{month.PlusMonths(1):uuuu-MM-dd} 00:00+00')";
        return $"create table if not exists {tables.Span}_{month:uuuuMM} partition of {tables.Span} {range}; create table if not exists {tables.List}_{month:uuuuMM} partition of {tables.List} {range}";
    }

    private static async Task DropOldAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, LocalDate before, CancellationToken cancellation)
    {
        var names = await connection.QueryAsync<string>(new CommandDefinition(
            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent where p.relname = 'segment_landing' and c.relname < @limit",
            new { limit = $"segment_landing_{before:uuuuMMdd}" }, transaction, cancellationToken: cancellation));
        foreach (var name in names)
        {
            var empty = !await connection.ExecuteScalarAsync<bool>(new CommandDefinition($"select exists (select 1 from {name})", transaction: transaction, cancellationToken: cancellation));
            if (empty) await connection.ExecuteAsync(new CommandDefinition($"drop table {name}", transaction: transaction, cancellationToken: cancellation));
        }
    }
}
