namespace Heldar.Edge.Settings;

/// <summary>When a camera records.</summary>
internal enum RecordMode
{
    /// <summary>Always.</summary>
    Continuous = 0,

    /// <summary>While its schedule says so.</summary>
    Scheduled = 1,

    /// <summary>Around events.</summary>
    Event = 2,

    /// <summary>Around events that happen while its schedule says so.</summary>
    ScheduledEvent = 3,
}

/// <summary>The modes by the words that people use, and the limits of the time around an event.</summary>
internal static class RecordModes
{
    public const int DefaultPreRollSeconds = 10;
    public const int MaxPreRollSeconds = 60;
    public const int DefaultPostRollSeconds = 30;
    public const int MaxPostRollSeconds = 3600;

    private static readonly string[] Words = ["continuous", "scheduled", "event", "scheduled_event"];

    /// <summary>All words, for messages.</summary>
    public static string Allowed { get; } = string.Join(", ", Words);

    /// <summary>The words in the order of the modes.</summary>
    public static ReadOnlySpan<string> All => Words;

    public static string Word(RecordMode mode) => Words[(int)mode];

    /// <summary>Reads a word exactly as it is written; false for any other, so that no camera silently records nothing.</summary>
    public static bool TryParse(string? word, out RecordMode mode)
    {
        var index = Array.IndexOf(Words, word);
        mode = (RecordMode)Math.Max(0, index);
        return index >= 0;
    }

    /// <summary>Whether events start a recording.</summary>
    public static bool TakesEvents(this RecordMode mode) => mode is RecordMode.Event or RecordMode.ScheduledEvent;
}
