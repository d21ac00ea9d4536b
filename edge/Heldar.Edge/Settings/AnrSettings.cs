namespace Heldar.Edge.Settings;

/// <summary>How the box refills gaps from cameras' own storage (section <c>anr</c>). Immutable.</summary>
internal sealed record AnrSettings
{
    public static AnrSettings Default { get; } = new();

    /// <summary>Cameras that are replayed at once, 1 to 64, default 4; of one camera never more than one. More refills sooner and takes more of network and disks.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>Hours that a gap is tried to be refilled, 1 to 720, default 24. More asks cameras for what they have long overwritten.</summary>
    public int MaxGapHours { get; init; } = 24;

    /// <summary>Tries per gap, 1 to 100, default 5. Between them the wait grows from <see cref="RetrySeconds"/> fourfold up to an hour.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Seconds before the second try, 1 to 3600, default 30.</summary>
    public int RetrySeconds { get; init; } = 30;

    /// <summary>Seconds after the end of a gap before the first try, 1 to 3600, default 10. The camera has to write what it still holds, and the box the footage behind the gap.</summary>
    public int SettleSeconds { get; init; } = 10;

    /// <summary>Megabytes per second that refilling writes, all cameras together, 1 to 1000, default 16. Less leaves more of the disks to live footage.</summary>
    public int MegabytesPerSecond { get; init; } = 16;
}
