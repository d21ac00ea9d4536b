using System.Text.Json;
using System.Text.Json.Serialization;
using Heldar.Contracts;
using NodaTime;

namespace Heldar.Edge.Backup;

/// <summary>First entry of an archive: what it is and where its parts belong.</summary>
/// <param name="Format">Of the archive; this program reads <see cref="Current"/>.</param>
/// <param name="Box">Name of the box.</param>
/// <param name="Version">Of the program that wrote it.</param>
/// <param name="Created">When.</param>
/// <param name="DataFolder">Where the settings say that the data folder is; relative to the settings file where it lies below it.</param>
internal sealed record BackupHead(int Format, string Box, string Version, Instant Created, string DataFolder)
{
    public const string Entry = "heldar-backup.json";
    public const int Current = 1;
}

/// <summary>Last entry: every file with its size and hash. An archive without it is cut off.</summary>
internal sealed record BackupManifest(IReadOnlyList<BackupFile> Files)
{
    public const string Entry = "manifest.json";

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HeldarJson.Options);
}

/// <summary>One file of an archive: <c>config/…</c> or <c>data/…</c>.</summary>
internal sealed record BackupFile(string Path, long Bytes, string Sha256)
{
    /// <summary>The part of the path that is a place: below the settings' folder or below the data folder.</summary>
    [JsonIgnore]
    public string Below => Path[(Path.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
