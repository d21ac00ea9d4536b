using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>How far a gap is refilled from the camera's own storage.</summary>
internal enum FillState
{
    /// <summary>Nothing is back yet, and it will be tried.</summary>
    Pending = 0,

    /// <summary>Some of it is back; the rest is a gap.</summary>
    Partial = 1,

    /// <summary>All of it is back.</summary>
    Filled = 2,

    /// <summary>Nothing came back, and it is not tried any more.</summary>
    Failed = 3,
}

/// <summary>What became of refilling one gap.</summary>
/// <param name="Gap">Its id.</param>
/// <param name="Camera">Uid.</param>
/// <param name="Start">Start of the gap as it was.</param>
/// <param name="End">End of the gap as it was.</param>
/// <param name="State">How far it is.</param>
/// <param name="Attempts">Tries so far, without those that a busy camera refused.</param>
/// <param name="NextAt">When it is tried again; null when it is not.</param>
/// <param name="Taken">What was received and written, merged.</param>
/// <param name="Error">Why the last try did not bring all, for people; never holds credentials.</param>
internal sealed record GapFill(Guid Gap, Guid Camera, Instant Start, Instant End, FillState State, int Attempts, Instant? NextAt, IReadOnlyList<Stretch> Taken, string? Error)
{
    /// <summary>Seconds that came back.</summary>
    public double FilledSeconds => Stretch.Seconds(Taken);
}
