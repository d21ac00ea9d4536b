using Heldar.Edge.RuntimeSettings;

namespace Heldar.Edge.Upkeep;

/// <summary>Limits of the database that people change at run time.</summary>
/// <param name="MaxBytes">Bytes above which its ledger is thinned, 1 MiB or more, default 4 GiB. Less forgets explanations of old gaps sooner; footage and holds are never touched.</param>
internal sealed record DatabaseLimits(long MaxBytes)
{
    /// <summary>Less holds no box.</summary>
    public const long Least = 1 << 20;

    public static SettingsGroup<DatabaseLimits> Group(long maxBytes) => new("database", new DatabaseLimits(maxBytes), Mistakes);

    private static IEnumerable<string> Mistakes(DatabaseLimits limits)
    {
        if (limits.MaxBytes < Least) yield return $"max_bytes must be {Least} or more";
    }
}

/// <summary>How large the database is.</summary>
/// <param name="Bytes">Its file.</param>
/// <param name="UsedBytes">Without free pages.</param>
/// <param name="LogBytes">Its write-ahead log, which is not counted in.</param>
/// <param name="Incremental">Whether it gives free pages back to the disk.</param>
internal sealed record DatabaseSize(long Bytes, long UsedBytes, long LogBytes, bool Incremental);
