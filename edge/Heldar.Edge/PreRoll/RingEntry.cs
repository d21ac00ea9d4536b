using System.Runtime.InteropServices;

namespace Heldar.Edge.PreRoll;

/// <summary>What an entry of the ring is.</summary>
internal enum RingKind : byte
{
    Video,
    Keyframe,
    Audio,

    /// <summary>Anything else of a stream: a run, a format, damage, a loss.</summary>
    Event,
}

/// <summary>One call of the stream; its bytes are where the entries before it end.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Length">Bytes; 0 for an event.</param>
/// <param name="Timestamp">Of the unit.</param>
/// <param name="Time">UTC of the unit, in ticks.</param>
/// <param name="Line">The same on the ring's own unbroken line: where the box's clock was stepped, older times are moved along.</param>
/// <param name="Event">The event.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RingEntry(RingKind Kind, int Length, long Timestamp, long Time, long Line, object? Event);
