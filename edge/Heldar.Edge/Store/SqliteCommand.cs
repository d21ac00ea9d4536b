using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using SQLitePCL;

namespace Heldar.Edge.Store;

/// <summary>A command with named parameters (<c>@name</c>). Several statements may follow each other; the reader shows the first that has columns.</summary>
internal sealed class SqliteCommand(SqliteConnection connection) : DbCommand
{
    private readonly SqliteParameters _parameters = new();
    private string _text = "";

    [AllowNull]
    public override string CommandText
    {
        get => _text;
        set => _text = value ?? "";
    }

    public override int CommandTimeout { get; set; }

    public override CommandType CommandType { get; set; } = CommandType.Text;

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection
    {
        get => connection;
        set
        {
            if (!ReferenceEquals(value, connection)) throw new NotSupportedException("a command stays with its connection");
        }
    }

    protected override DbParameterCollection DbParameterCollection => _parameters;

    protected override DbTransaction? DbTransaction { get; set; }

    public override void Cancel()
    {
        if (connection.State == ConnectionState.Open) raw.sqlite3_interrupt(connection.Handle);
    }

    public override int ExecuteNonQuery()
    {
        using var reader = Run();
        while (reader.NextResult())
        {
        }

        return reader.RecordsAffected;
    }

    public override object? ExecuteScalar()
    {
        using var reader = Run();
        return reader.Read() && reader.FieldCount > 0 ? reader.GetValue(0) : null;
    }

    public override void Prepare()
    {
        // Statements are prepared when they first run and kept by the connection.
    }

    protected override DbParameter CreateDbParameter() => new SqliteParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => Run();

    private SqliteReader Run()
    {
        var reader = new SqliteReader(connection, _text, _parameters);
        try
        {
            reader.NextResult();
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }
}
