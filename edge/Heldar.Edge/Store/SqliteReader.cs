using System.Collections;
using System.Data.Common;
using SQLitePCL;

namespace Heldar.Edge.Store;

/// <summary>Forward-only reader over one or more statements. Disposing it runs none that it has not come to.</summary>
internal sealed class SqliteReader(SqliteConnection connection, string sql, SqliteParameters parameters) : DbDataReader
{
    private string _rest = sql;
    private string _current = "";
    private sqlite3_stmt? _statement;
    private bool _whole;
    private bool _first;
    private bool _onRow;
    private bool _closed;
    private int _changedBefore;
    private int _affected;

    public override int Depth => 0;

    public override int FieldCount => _statement is null ? 0 : raw.sqlite3_column_count(_statement);

    public override bool HasRows => _first;

    public override bool IsClosed => _closed;

    /// <summary>Rows that the statements so far inserted, changed or deleted themselves: what their triggers did is not among them.</summary>
    public override int RecordsAffected => _affected;

    public override object this[int ordinal] => GetValue(ordinal);

    public override object this[string name] => GetValue(GetOrdinal(name));

    /// <summary>Runs statements up to the next one that has columns.</summary>
    public override bool NextResult()
    {
        End();
        while (!string.IsNullOrWhiteSpace(_rest))
        {
            _current = _rest;
            _statement = connection.Take(_current, out var tail);
            _whole = string.IsNullOrWhiteSpace(tail);
            _rest = tail;
            if (_statement is null) continue;
            _changedBefore = raw.sqlite3_total_changes(connection.Handle);
            parameters.Bind(_statement);
            _first = Step();
            if (raw.sqlite3_column_count(_statement) > 0) return true;
            // Some have rows without columns, such as incremental_vacuum one for each page: they are done when the rows are.
            while (_first) _first = Step();
            End();
        }

        return false;
    }

    public override bool Read()
    {
        if (_statement is null) return false;
        if (_first)
        {
            _first = false;
            _onRow = true;
            return true;
        }

        if (!_onRow) return false;
        _onRow = Step();
        return _onRow;
    }

    public override void Close()
    {
        End();
        _rest = "";
        _closed = true;
    }

    public override string GetName(int ordinal) => raw.sqlite3_column_name(Statement, ordinal).utf8_to_string();

    public override int GetOrdinal(string name)
    {
        for (var i = 0; i < FieldCount; i++)
            if (string.Equals(GetName(i), name, StringComparison.OrdinalIgnoreCase)) return i;
        throw new ArgumentOutOfRangeException(nameof(name), name, "there is no such column");
    }

    /// <summary>By the column's declaration, so that it is the same for all rows; by the value for an expression.</summary>
    public override Type GetFieldType(int ordinal) => raw.sqlite3_column_decltype(Statement, ordinal).utf8_to_string()?.ToUpperInvariant() switch
    {
        "INTEGER" => typeof(long),
        "TEXT" => typeof(string),
        "REAL" => typeof(double),
        "BLOB" => typeof(byte[]),
        _ => raw.sqlite3_column_type(Statement, ordinal) switch
        {
            raw.SQLITE_INTEGER => typeof(long),
            raw.SQLITE_FLOAT => typeof(double),
            raw.SQLITE_BLOB => typeof(byte[]),
            _ => typeof(string),
        },
    };

    public override object GetValue(int ordinal) => raw.sqlite3_column_type(Statement, ordinal) switch
    {
        raw.SQLITE_NULL => DBNull.Value,
        raw.SQLITE_INTEGER => raw.sqlite3_column_int64(Statement, ordinal),
        raw.SQLITE_FLOAT => raw.sqlite3_column_double(Statement, ordinal),
        raw.SQLITE_BLOB => raw.sqlite3_column_blob(Statement, ordinal).ToArray(),
        _ => GetString(ordinal),
    };

    public override int GetValues(object[] values)
    {
        var count = Math.Min(values.Length, FieldCount);
        for (var i = 0; i < count; i++) values[i] = GetValue(i);
        return count;
    }

    public override bool IsDBNull(int ordinal) => raw.sqlite3_column_type(Statement, ordinal) == raw.SQLITE_NULL;

    public override string GetDataTypeName(int ordinal) => GetFieldType(ordinal).Name;

    public override bool GetBoolean(int ordinal) => GetInt64(ordinal) != 0;

    public override byte GetByte(int ordinal) => checked((byte)GetInt64(ordinal));

    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length)
    {
        var blob = raw.sqlite3_column_blob(Statement, ordinal);
        if (buffer is null) return blob.Length;
        var part = blob[(int)dataOffset..];
        part = part[..Math.Min(part.Length, length)];
        part.CopyTo(buffer.AsSpan(bufferOffset));
        return part.Length;
    }

    public override char GetChar(int ordinal) => GetString(ordinal)[0];

    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) => throw new NotSupportedException("read the text whole");

    public override DateTime GetDateTime(int ordinal) => throw new NotSupportedException("times are NodaTime instants");

    public override decimal GetDecimal(int ordinal) => (decimal)GetDouble(ordinal);

    public override double GetDouble(int ordinal) => raw.sqlite3_column_double(Statement, ordinal);

    public override float GetFloat(int ordinal) => (float)GetDouble(ordinal);

    public override Guid GetGuid(int ordinal) => Guid.ParseExact(GetString(ordinal), "D");

    public override short GetInt16(int ordinal) => checked((short)GetInt64(ordinal));

    public override int GetInt32(int ordinal) => checked((int)GetInt64(ordinal));

    public override long GetInt64(int ordinal) => raw.sqlite3_column_int64(Statement, ordinal);

    public override string GetString(int ordinal) => raw.sqlite3_column_text(Statement, ordinal).utf8_to_string() ?? "";

    public override IEnumerator GetEnumerator() => new DbEnumerator(this, closeReader: false);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed) Close();
        base.Dispose(disposing);
    }

    private sqlite3_stmt Statement => _statement ?? throw new InvalidOperationException("there is no row");

    private bool Step()
    {
        var code = raw.sqlite3_step(Statement);
        if (code == raw.SQLITE_ROW) return true;
        if (code != raw.SQLITE_DONE) throw connection.Failure(code, _current);
        return false;
    }

    private void End()
    {
        (_first, _onRow) = (false, false);
        if (_statement is null) return;
        connection.GiveBack(_current, _statement, _whole);
        _statement = null;
        // A statement that changes nothing leaves the count of the one before it.
        if (raw.sqlite3_total_changes(connection.Handle) != _changedBefore) _affected += raw.sqlite3_changes(connection.Handle);
    }
}
