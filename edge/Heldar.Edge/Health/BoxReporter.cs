using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>
/// Tells what the box is: <c>box.described</c> at each start and after its cameras change, <c>camera.state</c> on change, <c>box.status</c> every 2 s
/// while something records and every 15 s otherwise. One loop calls <see cref="StepAsync"/> once a second; it is the box's only steady timer of its kind.
/// </summary>
internal sealed class BoxReporter(
    BoxSettings settings, CameraRegistry cameras, CameraWatch watch, BootCounter boot, IStoreWriter store, IOutbox outbox, BoxGauges gauges, BoxTime time)
{
    private static readonly Duration Busy = Duration.FromSeconds(2);
    private static readonly Duration Quiet = Duration.FromSeconds(15);
    private readonly Deadline _status = time.NewDeadline();
    private List<CameraDescription>? _described;

    public async Task StepAsync(CancellationToken cancellation)
    {
        var now = time.Now;
        var observed = await cameras.ObserveAsync(cancellation);
        var changed = watch.Update(observed, now);
        var tellStatus = _status.IsDue;
        var described = tellStatus || changed.Count > 0 || _described is null || _described.Count != observed.Count ? Describe(observed) : _described;
        var tellDescribed = _described is null || !_described.SequenceEqual(described);
        if (changed.Count == 0 && !tellStatus && !tellDescribed) return;

        if (tellStatus) _status.Set(observed.Any(c => c.Condition == CameraCondition.Recording) ? Busy : Quiet);
        _described = described;
        await store.EnqueueAsync(db =>
        {
            if (tellDescribed)
                outbox.Append(db, EventTypes.BoxDescribed, NewId(now), null, now, new BoxDescribedData
                {
                    BootSeq = boot.BootSeq,
                    Seq = boot.Next(),
                    Name = settings.Name,
                    Version = BoxVersion.Text,
                    Cameras = described,
                    Capabilities = ["footage", "poster"],
                });
            foreach (var (camera, health) in changed)
                outbox.Append(db, EventTypes.CameraState, NewId(now), camera, now, new CameraStateData
                {
                    BootSeq = boot.BootSeq,
                    Seq = boot.Next(),
                    Camera = camera,
                    Name = health.Name,
                    Condition = health.Condition,
                    Cause = health.Cause is { } cause ? EventRules.Clean(cause, CameraStateData.MaxCause) : null,
                    Since = health.Since,
                });
            if (tellStatus) outbox.Append(db, EventTypes.BoxStatus, NewId(now), null, now, Status(observed));
        }, cancellation);
    }

    private static string NewId(Instant now) => Guid.CreateVersion7(now.ToDateTimeOffset()).ToString("D");

    private static List<CameraDescription> Describe(IReadOnlyList<CameraObserved> observed) =>
        [.. observed.OrderBy(c => c.Config.Slug, StringComparer.Ordinal).Select(c => new CameraDescription(
            c.Config.Uid, c.Config.Slug, c.Config.Name, c.Config.Enabled, c.Stream?.Format?.Video.CodecString, c.Stream?.Format?.Video.Width, c.Stream?.Format?.Video.Height))];

    private BoxStatusData Status(IReadOnlyList<CameraObserved> observed)
    {
        var (free, total) = gauges.Disks();
        return new BoxStatusData
        {
            BootSeq = boot.BootSeq,
            Seq = boot.Next(),
            Cameras = [.. observed.Select(c => new CameraProgress(
                c.Config.Uid, c.Condition, c.Recorder?.RecordedSince, c.Recorder?.RecordedThrough, c.Recorder?.OpenSegment, c.Recorder?.OpenStart))],
            DiskFreeBytes = free,
            DiskTotalBytes = total,
            OutboxBacklog = gauges.OutboxBacklog,
        };
    }
}
