using System.Data.Common;
using Dapper;

namespace Heldar.Edge.Secrets;

/// <summary>
/// A column of the database whose texts are sealed. A room that seals names its columns here, so that a missing key is noticed at start and a new
/// key reaches every row.
/// </summary>
/// <param name="Table">Table, as in SQL.</param>
/// <param name="Id">Column of the owner's id.</param>
/// <param name="Column">Column of the sealed text; null where there is none.</param>
/// <param name="Owner">Associated data of a row, made of its id.</param>
internal sealed record SealedColumn(string Table, string Id, string Column, Func<string, string> Owner)
{
    public string Name => $"{Table}.{Column}";

    /// <summary>Every text of the column; none while the table or column does not exist yet.</summary>
    public IReadOnlyList<SealedRow> Rows(DbConnection db) =>
        db.ExecuteScalar<long>("SELECT COUNT(*) FROM pragma_table_info(@Table) WHERE name IN (@Id, @Column)", new { Table, Id, Column }) == 2
            ? [.. db.Query<SealedRow>($"SELECT {Id} AS Id, {Column} AS Text FROM {Table} WHERE {Column} IS NOT NULL")]
            : [];

    /// <summary>Replaces a text, unless it has changed since it was read.</summary>
    public void Put(DbConnection db, SealedRow row, string text) =>
        db.Execute($"UPDATE {Table} SET {Column} = @text WHERE {Id} = @Id AND {Column} = @was", new { text, row.Id, was = row.Text });
}

/// <summary>One text of a sealed column.</summary>
internal sealed record SealedRow
{
    public string Id { get; init; } = "";

    public string Text { get; init; } = "";
}
