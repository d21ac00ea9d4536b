namespace Heldar.Benchmarks.Index;

/// <summary>Sizes and bars of the index bench.</summary>
internal sealed record IndexPlan
{
    public const double StoreBar = 0.5;
    public const double EndToEndBar = 0.15;

    /// <summary>Segment events of one message: nearly what fits into 47 KiB.</summary>
    public const int EventsPerMessage = 48;

    /// <summary>Messages that are worked on at once, by each side.</summary>
    public const int Concurrency = 4;

    public int Boxes { get; init; } = 16;

    public int CamerasOfABox { get; init; } = 16;

    /// <summary>Messages of one round of one side.</summary>
    public int Messages { get; init; } = 400;

    public int Rounds { get; init; } = 7;

    public static IndexPlan Of(bool quick) => quick ? new() { Messages = 60, Rounds = 3 } : new();
}
