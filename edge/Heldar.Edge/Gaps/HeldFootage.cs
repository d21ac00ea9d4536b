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

/// <summary>What was said last of held evidence and the space that it takes; one speaks, everybody reads. Thread-safe.</summary>
internal sealed class HeldFootage
{
    private volatile Said _said = new(HeldLevel.Fine, null);

    public HeldLevel Level => _said.Level;

    public string? Detail => _said.Detail;

    /// <summary>Raises or lowers the alarm.</summary>
    /// <param name="level">How bad it is.</param>
    /// <param name="detail">For people; null when it is fine.</param>
    public void Set(HeldLevel level, string? detail) => _said = new Said(level, detail);

    private sealed record Said(HeldLevel Level, string? Detail);
}
