namespace Heldar.Edge.Store;

/// <summary>Where the database is and how it is used. Immutable.</summary>
internal sealed record StoreOptions
{
    /// <summary>The box's database in its data folder.</summary>
    public static string FileIn(string dataFolder) => Path.Combine(dataFolder, "box.db");

    /// <summary>Absolute path of the database file. Its WAL lies beside it.</summary>
    public required string File { get; init; }

    /// <summary>Works that may wait for the writer. Default 4096, 16 to 65536. More rides out a longer stall of the disk and costs memory.</summary>
    public int QueueLength { get; init; } = 4096;

    /// <summary>Works that share one commit at most. Default 256, 1 to 4096. More means fewer fsyncs and a longer transaction.</summary>
    public int GroupSize { get; init; } = 256;

    /// <summary>Connections for reading. Default 4, 1 to 32.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>Bytes up to which a database is read whole at the start, for damage. Default 64 MiB, 0 to 1 TiB. More finds damage of a larger one and makes the start slower.</summary>
    public long CheckedAtStart { get; init; } = 64 << 20;

    /// <summary>Folders that a substitute may lie in while the database cannot be used. Default: the system's folder of temporary files, then its memory.</summary>
    public IReadOnlyList<string> SubstitutePlaces { get; init; } = OperatingSystem.IsLinux() ? [Path.GetTempPath(), "/dev/shm"] : [Path.GetTempPath()];

    /// <summary>Why the database cannot be used, when a start has failed by it already: a substitute is taken without looking. Null to look.</summary>
    public string? Unusable { get; init; }

    /// <summary>Every mistake, each naming its setting; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (!Path.IsPathFullyQualified(File)) errors.Add($"File must be an absolute path; it is '{File}'.");
        if (QueueLength is < 16 or > 65536) errors.Add($"QueueLength must be 16 to 65536; it is {QueueLength}.");
        if (GroupSize is < 1 or > 4096) errors.Add($"GroupSize must be 1 to 4096; it is {GroupSize}.");
        if (Readers is < 1 or > 32) errors.Add($"Readers must be 1 to 32; it is {Readers}.");
        if (CheckedAtStart is < 0 or > 1L << 40) errors.Add($"CheckedAtStart must be 0 to 1 TiB; it is {CheckedAtStart} bytes.");
        return errors;
    }
}
