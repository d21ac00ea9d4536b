namespace Heldar.Cloud.Index;

/// <summary>The tables of one version of the index. Names are constants, so that they may stand in SQL as they are.</summary>
internal sealed record IndexTables(string Span, string List)
{
    /// <summary>What is searched.</summary>
    public static readonly IndexTables Current = new("span", "span_list");

    /// <summary>What is built beside it.</summary>
    public static readonly IndexTables Next = new("span_next", "span_list_next");

    /// <summary>What was searched before, for as long as it takes to drop it.</summary>
    public static readonly IndexTables Old = new("span_old", "span_list_old");
}
