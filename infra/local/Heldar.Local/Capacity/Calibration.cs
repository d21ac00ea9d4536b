namespace Heldar.Local.Capacity;

/// <summary>
/// What cannot be counted in code and was measured: with other simulated boxes, another flush time and other rates than the kept check, so that the check compares the model
/// with figures that it was not made of. See README for the commands.
/// </summary>
internal static class Calibration
{
    /// <summary>Day of the run.</summary>
    public const string Date = "2026-11-22";

    /// <summary>What it ran on.</summary>
    public const string Machine = "2 cores AMD EPYC, Linux, shared with the boxes, PostgreSQL and Azurite";

    /// <summary>Processor seconds of the functions (host and handler) for one message.</summary>
    public const double FunctionsCpuSeconds = 0.0031;

    /// <summary>From fetching a message to its commit, s: an estimate; waiting on the box and in the queue is most of what the run measured.</summary>
    public const double HandlerSeconds = 0.02;

    /// <summary>One request of the host for messages, s: an assumption.</summary>
    public const double FetchSeconds = 0.01;

    // Bytes of an event in a batch, as boxes make them; they matter where a batch is full before its time.
    public const double SegmentBytes = 900, DeletionBytes = 550, DetectionBytes = 800, ZoneBytes = 700, GapBytes = 600, SnapshotBytes = 650, HoldBytes = 700;

    /// <summary>
    /// Bytes of a folded camera-hour besides its packed list, and of one in the coverage ledger, in tables that have grown (<see cref="DatabaseFigures.GrownRowBytesAsync"/>):
    /// the few hundred rows of the run themselves show how a server grows its files, not how large a row is.
    /// </summary>
    public const double SpanRow = 800, CoverageRow = 185;

    // Bytes of a row with its index entries in PostgreSQL; a delivery's are those of webhook_delivery, webhook_event and webhook_attempt.
    public const double LandingRow = 490, DetectionRow = 730, ZoneRow = 430, SnapshotRow = 340, GapRow = 300, DeliveryRows = 2400, CameraRow = 900;

    /// <summary>Of a segment in a packed span: <c>PackedSpan.BytesPerSegment</c>.</summary>
    public const double PackedSegment = 8;

    /// <summary>Bytes of a segment in a manifest.</summary>
    public const double ManifestSegment = 490;

    /// <summary>Body of one delivery of a zone event, and what a request has besides.</summary>
    public const double DeliveryBytes = 460, DeliveryHeaderBytes = 700;
}
