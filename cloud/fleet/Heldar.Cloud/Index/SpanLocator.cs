namespace Heldar.Cloud.Index;

/// <summary>Where a span's manifest is, and what it must hash to; a row of <c>span</c>.</summary>
internal sealed record SpanLocator
{
    /// <summary>Name of the blob.</summary>
    public string Manifest { get; init; } = "";

    /// <summary>SHA-256 of the manifest.</summary>
    public byte[] Root { get; init; } = [];
}
