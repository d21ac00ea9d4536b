namespace Heldar.Edge.Gaps;

/// <summary>How much of the disks held evidence takes.</summary>
internal enum HeldLevel
{
    Fine,

    /// <summary>Recording will stop before long unless holds are released or space is added.</summary>
    Warning,

    /// <summary>All that is left to delete is held: recording stops.</summary>
    Full,
}

/// <summary>Where whoever frees space says that holds are in its way, before recording stops for it. Thread-safe.</summary>
internal interface IHeldFootageAlarm
{
    /// <summary>Raises or lowers the alarm.</summary>
    /// <param name="level">How bad it is.</param>
    /// <param name="detail">For people; null when it is fine.</param>
    void Set(HeldLevel level, string? detail);
}

/// <summary>What was said last. Thread-safe.</summary>
internal sealed class HeldFootage : IHeldFootageAlarm
{
    private volatile Said _said = new(HeldLevel.Fine, null);

    public HeldLevel Level => _said.Level;

    public string? Detail => _said.Detail;

    public void Set(HeldLevel level, string? detail) => _said = new Said(level, detail);

    private sealed record Said(HeldLevel Level, string? Detail);
}
