using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using SQLitePCL;

namespace Heldar.Edge.Store;

/// <summary>
/// A thin ADO.NET connection over SQLitePCLRaw, made for Dapper. One thread at a time. Prepared statements are kept by their text, so that the writer
/// parses each statement once.
/// </summary>
internal sealed class SqliteConnection(string path) : DbConnection
{
    private const int KeptStatements = 128;
    private readonly Dictionary<string, sqlite3_stmt> _statements = new(StringComparer.Ordinal);
    private sqlite3? _db;

    static SqliteConnection() => Batteries_V2.Init();

    [AllowNull]
    public override string ConnectionString
    {
        get => path;
        set => throw new NotSupportedException("the path is given once");
    }

    public override string Database => "main";

    public override string DataSource => path;

    public override string ServerVersion => raw.sqlite3_libversion().utf8_to_string();

    public override ConnectionState State => _db is null ? ConnectionState.Closed : ConnectionState.Open;

    internal sqlite3 Handle => _db ?? throw new InvalidOperationException("the connection is not open");

    /// <summary>Opens the file, in WAL mode with full durability; a missing one is made.</summary>
    public override void Open()
    {
        if (_db is not null) return;
        var fresh = !File.Exists(path) || new FileInfo(path).Length == 0;
        var code = raw.sqlite3_open_v2(path, out var db, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
        {
            db?.Dispose();
            throw new SqliteException(code, $"{path} cannot be opened: {raw.sqlite3_errstr(code).utf8_to_string()}");
        }

        _db = db;
        raw.sqlite3_extended_result_codes(db, 1);
        raw.sqlite3_busy_timeout(db, 5000);
        // How a file gives pages back is decided before its first page.
        if (fresh) Execute("PRAGMA auto_vacuum = INCREMENTAL");
        Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024;");
    }

    public override void Close()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        _statements.Clear();
        _db?.Dispose();
        _db = null;
    }

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException("a connection has one database");

    /// <summary>Runs statements without parameters and without an answer.</summary>
    public void Execute(string sql)
    {
        using var command = new SqliteCommand(this) { CommandText = sql };
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// Builds the database anew, outside of transactions. The copy of it goes through a file beside it and not through memory, and back through the write-ahead log: twice its size
    /// must be free.
    /// </summary>
    public void Vacuum()
    {
        // SQLite's own choice, such as /var/tmp, may be small, or memory. The folder is the whole program's, but no other connection keeps anything in files.
        Execute($"PRAGMA temp_store_directory = '{Path.GetDirectoryName(Path.GetFullPath(path))!.Replace("'", "''", StringComparison.Ordinal)}'; PRAGMA temp_store = FILE");
        try
        {
            Execute("VACUUM");
        }
        finally
        {
            Execute("PRAGMA temp_store = MEMORY; PRAGMA temp_store_directory = ''");
        }
    }

    /// <summary>Ends the statement that runs now; from any thread, while the connection is open.</summary>
    public void Interrupt()
    {
        if (_db is { } db) raw.sqlite3_interrupt(db);
    }

    internal SqliteException Failure(int code, string? sql = null) =>
        new(raw.sqlite3_extended_errcode(Handle) is var extended && (extended & 0xFF) == (code & 0xFF) ? extended : code,
            $"{raw.sqlite3_errmsg(Handle).utf8_to_string()}{(sql is null ? "" : $" in: {(sql.Length <= 200 ? sql : sql[..200])}")}");

    /// <summary>Takes the statement for a text; <paramref name="tail"/> is what follows the first statement.</summary>
    internal sqlite3_stmt? Take(string sql, out string tail)
    {
        tail = "";
        if (_statements.Remove(sql, out var kept)) return kept;
        var code = raw.sqlite3_prepare_v2(Handle, sql, out var statement, out tail);
        if (code != raw.SQLITE_OK) throw Failure(code, sql);
        return raw.sqlite3_sql(statement).utf8_to_string() is null ? null : statement;
    }

    internal void GiveBack(string sql, sqlite3_stmt statement, bool keep)
    {
        raw.sqlite3_reset(statement);
        raw.sqlite3_clear_bindings(statement);
        if (!keep || _statements.Count >= KeptStatements || !_statements.TryAdd(sql, statement)) statement.Dispose();
    }

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => new SqliteTransaction(this);

    protected override DbCommand CreateDbCommand() => new SqliteCommand(this);

    protected override void Dispose(bool disposing)
    {
        if (disposing) Close();
        base.Dispose(disposing);
    }
}

/// <summary>A transaction that holds the write lock from its start, so that it cannot fail halfway for another writer.</summary>
internal sealed class SqliteTransaction : DbTransaction
{
    private readonly SqliteConnection _connection;
    private bool _ended;

    public SqliteTransaction(SqliteConnection connection)
    {
        _connection = connection;
        connection.Execute("BEGIN IMMEDIATE");
    }

    public override IsolationLevel IsolationLevel => IsolationLevel.Serializable;

    protected override DbConnection DbConnection => _connection;

    public override void Commit()
    {
        _connection.Execute("COMMIT");
        _ended = true;
    }

    public override void Rollback()
    {
        _ended = true;
        if (_connection.State == ConnectionState.Open && raw.sqlite3_get_autocommit(_connection.Handle) == 0) _connection.Execute("ROLLBACK");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_ended) Rollback();
        base.Dispose(disposing);
    }
}
