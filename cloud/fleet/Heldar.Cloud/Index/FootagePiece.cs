using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>One stretch of footage as search reads it, before names are put to it.</summary>
internal readonly record struct FootagePiece(Guid Camera, Guid Box, Instant Start, Instant End, long Bytes, bool Open, Guid? Segment, FootageProvenance? Provenance = null)
{
    /// <summary>The order of search results.</summary>
    public static int Compare(FootagePiece a, FootagePiece b)
    {
        var order = a.Start.CompareTo(b.Start);
        if (order == 0) order = RecordingCursor.Compare(a.Camera, b.Camera);
        if (order == 0) order = RecordingCursor.Compare(a.Box, b.Box);
        // Of two that say the same place, the one with an id (landing: newer than the span) stands first and is kept.
        return order == 0 ? (b.Segment is not null).CompareTo(a.Segment is not null) : order;
    }

    public bool SamePlace(FootagePiece other) => Start == other.Start && Camera == other.Camera && Box == other.Box;
}

/// <summary>What a search knows of a camera.</summary>
internal sealed record CameraName(Guid Camera, string Site, string Name);
