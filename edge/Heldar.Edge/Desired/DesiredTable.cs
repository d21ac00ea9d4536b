using System.Data.Common;

namespace Heldar.Edge.Desired;

/// <summary>A table that says what people want of the box.</summary>
/// <param name="Name">Its name; 0061_desired.sql counts its changes.</param>
/// <param name="Word">What its rows are, for people.</param>
/// <param name="Check">Reads the rows as their room does, so that what the room could not read is refused; throws then.</param>
internal sealed record DesiredTable(string Name, string Word, Action<DbConnection> Check)
{
    /// <summary>Which rows are meant: a condition in SQL.</summary>
    public string Where { get; init; } = "1";
}
