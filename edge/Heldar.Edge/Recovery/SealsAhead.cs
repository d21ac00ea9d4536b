using Heldar.Edge.Seals;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Recovery;

/// <summary>What a seal log has that the index may lack, as it was when the box started.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Files">Its files from the marked one on, oldest first.</param>
/// <param name="Bytes">Their length.</param>
/// <param name="End">The last file and its length then; null without any.</param>
internal sealed record SealsAhead(Volume Volume, IReadOnlyList<string> Files, long Bytes, (string Hour, long Offset)? End)
{
    /// <summary>Files whose footage comes into the index before cameras start: what people look for first, and at most three full files to be parsed.</summary>
    private const int AtOnce = 3;

    public IReadOnlyList<string> Newest => [.. Files.TakeLast(AtOnce)];

    /// <summary>There are files besides the newest.</summary>
    public bool HasOlder => Files.Count > AtOnce;

    /// <summary>Looks at the files of a volume.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="mark">First file; null for all.</param>
    public static SealsAhead Look(Volume volume, string? mark)
    {
        var files = SealFiles.Hours(volume.Root, mark);
        var lengths = files.Select(f => new FileInfo(SealFiles.PathOf(volume.Root, f)) is { Exists: true } file ? file.Length : 0).ToList();
        return new SealsAhead(volume, files, lengths.Sum(), files.Count == 0 ? null : (files[^1], lengths[^1]));
    }
}
