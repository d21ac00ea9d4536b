using System.Collections;
using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Heldar.Contracts;
using NodaTime;
using SQLitePCL;

namespace Heldar.Edge.Store;

/// <summary>A named value. Guid is bound as lower-case text with dashes, Instant as RFC 3339 text, bool as 0 or 1.</summary>
internal sealed class SqliteParameter : DbParameter
{
    public override DbType DbType { get; set; } = DbType.Object;

    public override ParameterDirection Direction { get; set; } = ParameterDirection.Input;

    public override bool IsNullable { get; set; } = true;

    [AllowNull]
    public override string ParameterName { get; set; } = "";

    public override int Size { get; set; }

    [AllowNull]
    public override string SourceColumn { get; set; } = "";

    public override bool SourceColumnNullMapping { get; set; }

    public override object? Value { get; set; }

    public override void ResetDbType() => DbType = DbType.Object;

    internal void Bind(sqlite3_stmt statement, int index)
    {
        var code = Value switch
        {
            null or DBNull => raw.sqlite3_bind_null(statement, index),
            string text => raw.sqlite3_bind_text(statement, index, text),
            byte[] bytes => raw.sqlite3_bind_blob(statement, index, bytes),
            bool yes => raw.sqlite3_bind_int64(statement, index, yes ? 1 : 0),
            Guid id => raw.sqlite3_bind_text(statement, index, id.ToString("D")),
            Instant time => raw.sqlite3_bind_text(statement, index, InstantText.Format(time)),
            double or float => raw.sqlite3_bind_double(statement, index, Convert.ToDouble(Value)),
            Enum or long or int or short or byte or uint or ushort or sbyte => raw.sqlite3_bind_int64(statement, index, Convert.ToInt64(Value)),
            _ => throw new NotSupportedException($"a value of type {Value.GetType().Name} cannot be bound to {ParameterName}"),
        };
        if (code != raw.SQLITE_OK) throw new SqliteException(code, $"{ParameterName} cannot be bound: {raw.sqlite3_errstr(code).utf8_to_string()}");
    }
}

/// <summary>The parameters of one command.</summary>
internal sealed class SqliteParameters : DbParameterCollection
{
    private readonly List<SqliteParameter> _items = [];

    public override int Count => _items.Count;

    public override object SyncRoot => ((ICollection)_items).SyncRoot;

    public override int Add(object value)
    {
        _items.Add((SqliteParameter)value);
        return _items.Count - 1;
    }

    public override void AddRange(Array values)
    {
        foreach (var value in values) Add(value);
    }

    public override void Clear() => _items.Clear();

    public override bool Contains(object value) => value is SqliteParameter parameter && _items.Contains(parameter);

    public override bool Contains(string value) => IndexOf(value) >= 0;

    public override void CopyTo(Array array, int index) => ((ICollection)_items).CopyTo(array, index);

    public override IEnumerator GetEnumerator() => _items.GetEnumerator();

    public override int IndexOf(object value) => value is SqliteParameter parameter ? _items.IndexOf(parameter) : -1;

    public override int IndexOf(string parameterName) =>
        _items.FindIndex(p => MemoryExtensions.Equals(Bare(p.ParameterName), Bare(parameterName), StringComparison.OrdinalIgnoreCase));

    public override void Insert(int index, object value) => _items.Insert(index, (SqliteParameter)value);

    public override void Remove(object value) => _items.Remove((SqliteParameter)value);

    public override void RemoveAt(int index) => _items.RemoveAt(index);

    public override void RemoveAt(string parameterName) => _items.RemoveAt(IndexOf(parameterName));

    /// <summary>Binds every parameter that the statement names; a name without a value is an error.</summary>
    internal void Bind(sqlite3_stmt statement)
    {
        var count = raw.sqlite3_bind_parameter_count(statement);
        for (var i = 1; i <= count; i++)
        {
            var name = raw.sqlite3_bind_parameter_name(statement, i).utf8_to_string() ?? throw new NotSupportedException("parameters must have names");
            var found = IndexOf(name);
            if (found < 0) throw new InvalidOperationException($"parameter {name} has no value");
            _items[found].Bind(statement, i);
        }
    }

    protected override DbParameter GetParameter(int index) => _items[index];

    protected override DbParameter GetParameter(string parameterName) => _items[IndexOf(parameterName)];

    protected override void SetParameter(int index, DbParameter value) => _items[index] = (SqliteParameter)value;

    protected override void SetParameter(string parameterName, DbParameter value) => _items[IndexOf(parameterName)] = (SqliteParameter)value;

    private static ReadOnlySpan<char> Bare(string name) => name.AsSpan().TrimStart("@:$");
}
