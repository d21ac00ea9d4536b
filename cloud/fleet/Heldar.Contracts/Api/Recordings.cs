using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Contracts.Api;

/// <summary>One page of <c>GET /api/v1/recordings?from&amp;to&amp;sites&amp;cameras&amp;cursor&amp;limit</c>, ordered by start, then camera.</summary>
/// <param name="Items">At most <c>limit</c> (1 to 1000, default 200).</param>
/// <param name="Cursor">Opaque; pass it back for the next page; null on the last.</param>
public sealed record RecordingsPage(IReadOnlyList<RecordingItem> Items, string? Cursor = null);

/// <summary>One stretch of footage on a box.</summary>
/// <param name="Site">Site slug.</param>
/// <param name="Camera">Global camera uid.</param>
/// <param name="CameraName">What people call it.</param>
/// <param name="Box">The box that holds it.</param>
/// <param name="Start">Start.</param>
/// <param name="End">End.</param>
/// <param name="Bytes">File size, 0 while it is still open.</param>
/// <param name="Open">Still being recorded: known through <c>recorded_through</c> of the box's status.</param>
/// <param name="Segment">Segment id where the index still has it at hand; <c>GET …/proof</c> finds it otherwise.</param>
/// <param name="PlayUrl">Path under the fleet that plays it through the box's tunnel.</param>
public sealed record RecordingItem(
    string Site, Guid Camera, string CameraName, Guid Box, Instant Start, Instant End, long Bytes, bool Open, Guid? Segment = null, string PlayUrl = "")
{
    /// <summary>Where it comes from; absent when the box received it live.</summary>
    public FootageProvenance? Provenance { get; init; }

    /// <summary>The holds that stand over any moment of it, oldest first, at most 16; absent for none. Holds are a set, never a flag.</summary>
    public IReadOnlyList<Guid>? Holds { get; init; }

    /// <summary>True when its box reported it as deleted while a hold stood over it: the record stays, the footage is gone.</summary>
    public bool? Deleted { get; init; }
}

/// <summary>Answer of <c>GET /api/v1/recordings/{camera}/{start}/proof</c>: what the sealed segment must hash to.</summary>
public sealed record RecordingProof(Guid Camera, Guid Segment, int Revision, Instant Start, Instant End, long Bytes, string Sha256, string Root, string HashOrigin, string Codec,
    FootageProvenance? Provenance = null);
