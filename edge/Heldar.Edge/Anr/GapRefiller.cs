using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Recorder;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Media.Replay;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>Refills one gap at a time per call and notes what came of it: sealed, in the database, and told to the cloud. Thread-safe.</summary>
internal sealed partial class GapRefiller(
    BoxSettings settings, CameraSecrets secrets, GapNeighbours neighbours, ReplayClient client, VolumeWriters writers, RefillLedger ledger, IClock clock, ILogger<GapRefiller> log)
{
    /// <summary>Holes up to this are none, as everywhere.</summary>
    private static readonly Duration Tolerance = Duration.FromSeconds(1);

    private readonly RefillPace _pace = new(settings.Anr.MegabytesPerSecond * 1_000_000L, TimeProvider.System);

    /// <summary>Tries once to take back what is missing.</summary>
    public async Task RunAsync(FillableGap gap, CameraObserved camera, CancellationToken cancellation)
    {
        var config = camera.Config;
        var whole = gap.Fill is { } before ? new Stretch(before.Start, before.End) : new Stretch(gap.Gap.Start, gap.Gap.End!.Value);
        var taken = gap.Fill?.Taken ?? [];
        var recorded = await neighbours.RecordedAsync(config.Uid, whole, cancellation);
        var missing = Missing(whole, taken, recorded);
        RefillResult? last = null;
        foreach (var piece in missing)
        {
            if (await PlanAsync(config, camera, piece, cancellation) is not var (plan, offset))
            {
                last = new RefillResult([], 0, StreamFailure.None, "the address or password of the camera's storage does not open");
                break;
            }

            var length = Duration.FromSeconds(config.SegmentSeconds ?? settings.Recording.SegmentSeconds);
            var writer = new RefillWriter(writers, new CameraIdentity(config.Uid, config.Slug), piece.End, length, offset, _pace, clock);
            LogAsks(config.Slug, piece.Start, (piece.End - piece.Start).TotalSeconds);
            last = await TryAsync(new Refill(plan, client, writer), config.Slug, cancellation);
            LogTook(config.Slug, piece.Start, Stretch.Seconds(last.Taken), last.Frames, last.Error);
            taken = Stretch.Merge(taken.Concat(last.Taken), RefillLedger.Joint);
            if (last.Failure is not null) break;
        }

        await ledger.NoteAsync(gap, whole, taken, Missing(whole, taken, recorded), last, cancellation);
    }

    /// <summary>Whatever goes wrong counts as a try, so that tries stay bounded. What of it is on disk, the index tells the next one.</summary>
    private async Task<RefillResult> TryAsync(Refill refill, string camera, CancellationToken cancellation)
    {
        try
        {
            return await refill.RunAsync(cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            LogFailed(e, camera);
            return new RefillResult([], 0, StreamFailure.None, "the box failed: " + e.GetType().Name);
        }
    }

    /// <summary>What of a gap is neither taken back nor recorded.</summary>
    internal static IReadOnlyList<Stretch> Missing(Stretch whole, IReadOnlyList<Stretch> taken, IReadOnlyList<Stretch> recorded) =>
        [.. Stretch.Without([whole], Stretch.Merge(taken.Concat(recorded), Tolerance)).Where(s => s.End - s.Start > Tolerance)];

    private async Task<(RefillPlan Plan, long? OffsetMs)?> PlanAsync(CameraConfig config, CameraObserved camera, Stretch piece, CancellationToken cancellation)
    {
        var edges = await neighbours.FindAsync(config.Uid, piece, camera, cancellation);
        var offset = edges.OffsetMs ?? (long?)camera.Stream?.CameraOffset?.TotalMilliseconds;
        // Footage that is dated by the camera's clock does not lie apart from it.
        var apart = config.CameraClock && offset is >= -5000 and <= 5000 ? 0 : offset ?? 0;
        try
        {
            return (new RefillPlan(secrets.ReplaySource(config), piece, edges.Before, edges.After, Duration.FromMilliseconds(apart)), offset);
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or UriFormatException)
        {
            return null;
        }
    }

    [LoggerMessage(2806, LogLevel.Error, "Camera {Camera}: taking footage back failed")]
    private partial void LogFailed(Exception error, string camera);

    [LoggerMessage(2801, LogLevel.Information, "Camera {Camera}: asks its storage for {Seconds:0.0} s from {Start}")]
    private partial void LogAsks(string camera, Instant start, double seconds);

    [LoggerMessage(2802, LogLevel.Information, "Camera {Camera}: of the gap at {Start}, {Seconds:0.0} s with {Frames} pictures came back; {Error}")]
    private partial void LogTook(string camera, Instant start, double seconds, long frames, string? error);
}
