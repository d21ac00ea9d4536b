using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.Database;

/// <summary>Many rows in one statement: each column is an array parameter that the statement unnests.</summary>
internal static class ColumnParameters
{
    /// <summary>Adds one column of <paramref name="rows"/>.</summary>
    /// <param name="command">The statement.</param>
    /// <param name="name">The parameter's name, without @.</param>
    /// <param name="type">Type of one element.</param>
    /// <param name="rows">The rows; every column is of the same ones, in the same order.</param>
    /// <param name="value">The column's value of a row; null where the column may be.</param>
    public static void AddColumn<TRow, T>(this NpgsqlBatchCommand command, string name, NpgsqlDbType type, IReadOnlyList<TRow> rows, Func<TRow, T> value) =>
        command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Array | type) { Value = rows.Select(value).ToArray() });
}
