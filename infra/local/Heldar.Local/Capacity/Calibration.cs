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
    public const double FunctionsCpuSeconds = 0.0067;

    /// <summary>From fetching a message to its commit, s.</summary>
    public const double HandlerSeconds = 0.03;

    /// <summary>One request of the host for messages, s.</summary>
    public const double FetchSeconds = 0.01;

    // Bytes of an event in a batch.
    public const double SegmentBytes = 900, DeletionBytes = 550, DetectionBytes = 800, ZoneBytes = 700, GapBytes = 600, SnapshotBytes = 650, StateBytes = 500, StatusBytes = 500, StatusBytesPerCamera = 230, HoldBytes = 700;

    // Bytes of a row with its index entries in PostgreSQL.
    public const double LandingRow = 520, SpanRow = 620, DetectionRow = 700, ZoneRow = 420, SnapshotRow = 330, GapRow = 300, DeliveryRows = 2000, CoverageRow = 250, CameraRow = 900;

    /// <summary>Of a segment in a packed span: <c>PackedSpan.BytesPerSegment</c>.</summary>
    public const double PackedSegment = 8;

    /// <summary>Bytes of a segment in a manifest.</summary>
    public const double ManifestSegment = 560;

    /// <summary>Body of one delivery of a zone event, and what a request has besides.</summary>
    public const double DeliveryBytes = 600, DeliveryHeaderBytes = 700;
}
