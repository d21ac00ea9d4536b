using System.Globalization;

namespace Heldar.Contracts.Events;

/// <summary>Ids of events about footage: <c>{segmentId}/{type}/{revision}</c>, so that a repeat is the same event and a revision a newer one.</summary>
public static class EventIds
{
    /// <summary>Builds the id. <paramref name="revision"/> starts at 1.</summary>
    public static string ForSegment(Guid segment, string type, int revision) => Of(segment, type, revision);

    /// <summary>The same for a gap: <c>{gapId}/heldar.gap.v1/{revision}</c>.</summary>
    public static string ForGap(Guid gap, int revision) => Of(gap, EventTypes.Gap, revision);

    /// <summary>The id of a hold's end, of which there is one: <c>{holdId}/heldar.hold.released.v1/1</c>.</summary>
    public static string ForHoldEnd(Guid hold) => Of(hold, EventTypes.HoldReleased, 1);

    private static string Of(Guid subject, string type, int revision)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(revision, 1);
        return string.Create(CultureInfo.InvariantCulture, $"{subject:D}/{type}/{revision}");
    }
}
