using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Local.Capacity;

/// <summary>Counters of the database at one moment.</summary>
/// <param name="Transactions">Transactions that changed something, ever.</param>
/// <param name="TimerRows">How often a row of <c>timer_run</c> was changed: twice for each run.</param>
internal sealed record DatabaseCounters(long Transactions, long TimerRows);

/// <summary>What PostgreSQL itself says of a run: its transaction numbers, its sizes, and when it committed each row. Thread-safe.</summary>
internal sealed class DatabaseFigures(string database) : IAsyncDisposable
{
    /// <summary>Tables with events, and the time in each that is the event's.</summary>
    private static readonly (string Table, string At)[] Events =
        [("segment_landing", "end_at"), ("tombstone", "deleted_at"), ("detection", "at"), ("zone_event", "at"), ("gap", "end_at"), ("snapshot", "taken_at"), ("webhook_delivery", "created_at")];

    /// <summary>Two days.</summary>
    private const int GrownHours = 48;

    private const string Bytes =
        """
        select coalesce(sum(pg_relation_size(f.oid)), 0)::bigint
        from unnest(@tables) t cross join lateral (select t::regclass::oid as oid union select relid::oid from pg_partition_tree(t::regclass)) p
        join pg_class c on c.oid = p.oid
        cross join lateral (
            select c.oid where c.relkind = 'r' union select i.indexrelid from pg_index i join pg_class k on k.oid = i.indexrelid where i.indrelid = c.oid and k.relkind = 'i') f
        """;

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { MaxPoolSize = 2, CommandTimeout = 120 }.ConnectionString);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    public async Task<DatabaseCounters> CountAsync(CancellationToken cancellation)
    {
        // The end of a snapshot is the next number; looking takes none.
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellation);
        var (transactions, rows) = await connection.QuerySingleAsync<(long, long)>(new CommandDefinition(
            "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint, (select coalesce(sum(n_tup_upd), 0)::bigint from pg_stat_user_tables where relname = 'timer_run')", cancellationToken: cancellation));
        return new(transactions, rows);
    }

    /// <summary>Rows whose event lies between two moments, by table.</summary>
    public async Task<IReadOnlyDictionary<string, long>> RowsAsync(Instant from, Instant to, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellation);
        Dictionary<string, long> rows = new(StringComparer.Ordinal);
        foreach (var (table, at) in Events)
        {
            rows[table] = await connection.ExecuteScalarAsync<long>(new CommandDefinition(
                $"select count(*) from {table} where {at} >= @from and {at} < @to", new { from = from.ToDateTimeUtc(), to = to.ToDateTimeUtc() }, cancellationToken: cancellation));
        }

        return rows;
    }

    /// <summary>
    /// Rows and bytes, indexes and partitions included, of tables together: rows of the first. Maps of free space are left out: they are most of a small table and next to
    /// nothing of a large one.
    /// </summary>
    public async Task<(long Rows, long Bytes)> SizeAsync(IReadOnlyList<string> tables, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<(long, long)>(new CommandDefinition(
            $"select (select count(*) from {tables[0]}), ({Bytes})",
            new { tables = tables.ToArray() }, cancellationToken: cancellation));
    }

    /// <summary>
    /// Bytes of a row, its index entries included, in a table of camera-hours that has grown: a copy of the table takes today's rows under the hours behind theirs, hour after
    /// hour as they come, and is thrown away. Files of a few rows grow in steps, which says nothing of many.
    /// </summary>
    public async Task<double> GrownRowBytesAsync(string table, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellation);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        var columns = await connection.QueryAsync<string>(Command(
            """
            select case attname when 'hour' then 'hour + make_interval(hours => @n)' when 'day' then '(hour + make_interval(hours => @n))::date' else quote_ident(attname) end
            from pg_attribute where attrelid = @table::regclass and attnum > 0 and not attisdropped order by attnum
            """,
            new { table }));
        string copied = string.Join(", ", columns);
        int hours = await connection.ExecuteScalarAsync<int>(Command($"select coalesce(extract(epoch from max(hour) - min(hour)) / 3600, 0)::int + 1 from {table}"));
        await connection.ExecuteAsync(Command($"create table capacity_rows (like {table} including defaults including storage including indexes)"));
        int rows = 0;
        for (int n = 0; n < GrownHours; n++) rows += await connection.ExecuteAsync(Command($"insert into capacity_rows select {copied} from {table}", new { n = n * hours }));
        return await connection.ExecuteScalarAsync<long>(Command($"select ({Bytes})", new { tables = (string[])["capacity_rows"] })) / (double)rows;

        CommandDefinition Command(string sql, object? values = null) => new(sql, values, transaction, cancellationToken: cancellation);
    }

    /// <summary>How long after its event each row was committed, s: median and 95th percentile.</summary>
    public async Task<(double P50, double P95)> LatencyAsync(string table, Instant from, Instant to, CancellationToken cancellation)
    {
        string at = Events.First(e => e.Table == table).At;
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellation);
        double[]? both = await connection.ExecuteScalarAsync<double[]?>(new CommandDefinition(
            $"""
            select percentile_cont(array[0.5, 0.95]) within group (order by extract(epoch from pg_xact_commit_timestamp(xmin) - {at})::double precision)
            from {table} where {at} >= @from and {at} < @to
            """,
            new { from = from.ToDateTimeUtc(), to = to.ToDateTimeUtc() }, cancellationToken: cancellation));
        return both is [var p50, var p95] ? (p50, p95) : (double.NaN, double.NaN);
    }

    /// <summary>Camera-hours that are folded, and dead letters.</summary>
    public async Task<(long Spans, long Letters)> OutcomeAsync(CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<(long, long)>(new CommandDefinition("select (select count(*) from span), (select count(*) from dead_letter)", cancellationToken: cancellation));
    }
}
