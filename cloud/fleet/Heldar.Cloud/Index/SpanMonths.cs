using System.Globalization;
using Dapper;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Drops old months of the index whole: those of which nothing is left, and those that <see cref="IndexRetention"/> does not keep. Hours that a standing hold covers
/// stay: their month is emptied to them, and goes when the last such hold ends. Nothing is dropped while a new version of the index is built. Idempotent; safe from many
/// processes. Thread-safe.
/// </summary>
public sealed partial class SpanMonths(NpgsqlDataSource database, IndexRetention retention, ILogger<SpanMonths> log)
{
    /// <summary>Months before the current one that are made ahead, and so stay though they are empty.</summary>
    private const int MadeAhead = 1;

    /// <summary>Drops what is due, the oldest month first; the number of months that are gone.</summary>
    public async Task<int> DropOldAsync(Instant now, CancellationToken cancellation)
    {
        var current = IndexRetention.MonthOf(now);
        var dropped = 0;
        foreach (var month in (await MonthsAsync(cancellation)).Where(m => m < current.PlusMonths(-MadeAhead)).Order())
        {
            try
            {
                var past = retention.FirstKept(now) is { } first && month < first;
                if (await DropAsync(month, past, cancellation)) dropped++;
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                LogBusy(month);
            }
        }

        return dropped;
    }

    private async Task<List<LocalDate>> MonthsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var names = await connection.QueryAsync<string>(new CommandDefinition(
            "select right(c.relname::text, 6) from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'span'::regclass", cancellationToken: cancellation));
        return [.. names.Select(n => new LocalDate(int.Parse(n.AsSpan(0, 4), CultureInfo.InvariantCulture), int.Parse(n.AsSpan(4), CultureInfo.InvariantCulture), 1))];
    }

    private async Task<bool> DropAsync(LocalDate month, bool past, CancellationToken cancellation)
    {
        // Names are made from dates alone, so there is nothing to escape.
        var (span, list) = ($"span_{month:uuuuMM}", $"span_list_{month:uuuuMM}");
        var stays = past ? IndexRetention.Held : "true";
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // Looked at before anything is locked: mostly there is nothing to do.
        var anyStays = await AnyAsync(stays);
        if (anyStays && !(past && await AnyAsync($"not {stays}"))) return false;
        // Readers of a moment ago are waited for, but not for long: whoever comes after them waits behind this, and shorter than a deadlock is looked for, so that none ends.
        await ExecuteAsync($"set local lock_timeout = '500ms'; lock table {(anyStays ? $"{span}, {list}" : "only span, only span_list")} in access exclusive mode");
        if (await connection.ExecuteScalarAsync<bool>(Command("select exists (select 1 from index_version where state = 'building')"))) return false;
        if (!anyStays)
        {
            if (await AnyAsync(stays)) return false;
            await ExecuteAsync($"drop table {list}, {span}");
            await transaction.CommitAsync(cancellation);
            LogDropped(month);
            return true;
        }

        await ExecuteAsync(
            $"""
            create temp table held_span on commit drop as select s.* from {span} s where {stays};
            create temp table held_list on commit drop as select l.* from {list} l join held_span s on s.tenant = l.tenant and s.camera = l.camera and s.hour = l.hour and s.box = l.box;
            truncate {list}, {span};
            insert into {span} select * from held_span;
            insert into {list} select * from held_list
            """);
        var held = await connection.ExecuteScalarAsync<long>(Command("select count(*) from held_span"));
        await transaction.CommitAsync(cancellation);
        LogEmptied(month, held);
        return false;

        Task<bool> AnyAsync(string condition) => connection.ExecuteScalarAsync<bool>(Command($"select exists (select 1 from {span} s where {condition})"));
        Task<int> ExecuteAsync(string sql) => connection.ExecuteAsync(Command(sql));
        CommandDefinition Command(string sql) => new(sql, transaction: transaction, cancellationToken: cancellation, commandTimeout: 300);
    }

    [LoggerMessage(4120, LogLevel.Information, "month {Month} of the index is dropped")]
    private partial void LogDropped(LocalDate month);

    [LoggerMessage(4121, LogLevel.Information, "month {Month} of the index is emptied but for {Hours} camera-hours that are held")]
    private partial void LogEmptied(LocalDate month, long hours);

    [LoggerMessage(4122, LogLevel.Information, "month {Month} of the index is being read; it is dropped later")]
    private partial void LogBusy(LocalDate month);
}
