using System.Diagnostics.Metrics;
using System.Text.Json;
using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Health;
using Heldar.Edge.Indexer;
using Heldar.Edge.Mirror;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Metrics;

/// <summary>
/// What rooms are, as instruments that are read with each collection from the newest sample. Counts of one camera begin anew with its session, as
/// counters may.
/// </summary>
internal sealed class BoxInstruments : IDisposable
{
    private readonly Meter _meter;
    private readonly BoxSampler _sampler;

    public BoxInstruments(BoxSampler sampler, BoxStore store, IndexWriter index, HealthSigns health, IClock clock)
    {
        _sampler = sampler;
        _meter = new Meter(new MeterOptions("Heldar.Edge") { Scope = sampler });
        Box(store, index);
        Health(health);
        Cameras();
        Volumes();
        Mirror();
        Process(clock);
    }

    private BoxSample Now => _sampler.Newest;

    public void Dispose() => _meter.Dispose();

    private void Box(BoxStore store, IndexWriter index)
    {
        _meter.CreateObservableGauge("heldar.build.info", () => new Measurement<long>(1, new KeyValuePair<string, object?>("version", BoxVersion.Text)), null, "Version of the program.");
        _meter.CreateObservableGauge("heldar.cameras.total", () => Now.Cameras.Length, null, "Cameras of the box.");
        _meter.CreateObservableGauge("heldar.cameras.recording", () => Now.Cameras.Count(c => c.Condition == CameraCondition.Recording), null, "Cameras whose footage reaches the disk.");
        _meter.CreateObservableGauge("heldar.segments.total", () => Now.Segments, null, "Segments in the index.");
        _meter.CreateObservableGauge("heldar.recordings", () => Now.SegmentBytes, "By", "Bytes of the segments in the index.");
        _meter.CreateObservableGauge("heldar.disk.total", () => Now.DiskTotal, "By", "Size of the disks that footage goes to.");
        _meter.CreateObservableGauge("heldar.disk.free", () => Now.DiskFree, "By", "Free space of the disks that footage goes to.");
        _meter.CreateObservableGauge("heldar.disk.used_percent", () => Now.DiskTotal == 0 ? 0 : 100.0 * (Now.DiskTotal - Now.DiskFree) / Now.DiskTotal, null, "Used share of the disks that footage goes to, 0 to 100.");
        _meter.CreateObservableGauge("heldar.ai_tasks_enabled", () => 0, null, "AI tasks that run.");
        _meter.CreateObservableGauge("heldar.detections_stored", () => 0, null, "Detections in the database.");
        _meter.CreateObservableGauge("heldar.uplink.outbox.events", () => Now.OutboxEvents, null, "Events that no batch holds yet.");
        _meter.CreateObservableGauge("heldar.uplink.outbox.batches", () => Now.OutboxBatches, null, "Batches that no queue has taken yet.");
        _meter.CreateObservableGauge("heldar.uplink.outbox.age", () => Now.OutboxAge.TotalSeconds, "s", "How long the oldest event waits to be sent.");
        _meter.CreateObservableGauge("heldar.store.up", () => Now.StoreAnswers ? 1 : 0, null, "1 when the database answers.");
        _meter.CreateObservableGauge("heldar.store.queue", () => store.Waiting, null, "Works that wait for the database's writer.");
        _meter.CreateObservableGauge("heldar.store.file", () => store.FileBytes, "By", "Length of the database's file.");
        _meter.CreateObservableGauge("heldar.store.log", () => store.LogBytes, "By", "Length of the database's write-ahead log.");
        _meter.CreateObservableGauge("heldar.indexer.queue", () => index.Waiting, null, "Sealed segments that wait for the index.");
        _meter.CreateObservableGauge("heldar.indexer.left", () => index.LeftForRestart, null, "Sealed segments that the index learns of at the next start.");
    }

    private void Health(HealthSigns health)
    {
        _meter.CreateObservableGauge("heldar.held.level", () => health.HeldLevel, null, "0 while held evidence leaves room, 1 when it will stop recording before long, 2 when it has.");
        _meter.CreateObservableGauge("heldar.warnings", () => health.Warnings().Select(w => new Measurement<int>(w.Count, new KeyValuePair<string, object?>("source", w.Source))), null, "What the health of the box warns of, by the part that does.");
        _meter.CreateObservableGauge("heldar.camera.problem", () => Problems(health), null, "1 while a camera that is there has this problem: picture, rate, sound, clock, events.");
    }

    private void Cameras()
    {
        _meter.CreateObservableGauge("heldar.camera.up", () => Each(c => c.Condition == CameraCondition.Recording ? 1 : 0, state: true), null, "1 when the camera's footage reaches the disk; its state as a label.");
        _meter.CreateObservableCounter("heldar.camera.reconnects", () => Each(c => c.Stream?.Reconnects), null, "Attempts to reach the camera after the first.");
        _meter.CreateObservableCounter("heldar.camera.segments_written", () => Each(c => c.Recorder?.Segments), null, "Segments closed.");
        _meter.CreateObservableCounter("heldar.camera.written", () => Each(c => c.Recorder?.Bytes), "By", "Bytes handed to a volume.");
        _meter.CreateObservableCounter("heldar.camera.frames", () => Each(c => c.Recorder?.Frames), null, "Pictures handed to a volume.");
        _meter.CreateObservableCounter("heldar.camera.frames_dropped", () => Each(c => c.Recorder?.DroppedFrames), null, "Pictures given up because the volume could not keep up or failed.");
        _meter.CreateObservableCounter("heldar.camera.packets_lost", () => Each(c => c.Stream?.PacketsLost), null, "RTP packets missing or broken.");
        _meter.CreateObservableGauge("heldar.camera.bitrate_kbps", () => Each(c => c.Stream is { } s ? s.BitsPerSecond / 1000.0 : null), null, "Kilobits per second over the last seconds.");
        _meter.CreateObservableGauge("heldar.camera.fps", () => Each(c => c.Stream?.Fps), null, "Pictures per second over the last seconds.");
        _meter.CreateObservableGauge("heldar.camera.media_age", () => Each(c => Age(c.Stream?.LastMediaAt)), "s", "Time since the newest picture arrived.");
        _meter.CreateObservableGauge("heldar.camera.recorded_age", () => Each(c => Age(c.Recorder?.RecordedThrough)), "s", "Time since the newest picture that would survive a power cut.");
        _meter.CreateObservableGauge("heldar.camera.last_segment_age", () => Each(c => Age(c.Recorder?.OpenStart)), "s", "Time since the newest segment began.");
        _meter.CreateObservableGauge("heldar.camera.clock_offset", () => Each(c => c.Stream?.CameraOffset?.TotalSeconds), "s", "The camera's clock minus the box's.");
    }

    private void Volumes()
    {
        _meter.CreateObservableGauge("heldar.storage.free", () => Now.Volumes.Select(v => new Measurement<long>(v.FreeBytes, Volume(v))), "By", "Free space at the volume's last sync.");
        _meter.CreateObservableGauge("heldar.storage.queue", () => Now.Volumes.Select(v => new Measurement<long>(v.QueuedBytes, Volume(v))), "By", "Media that waits for the volume.");
        _meter.CreateObservableGauge("heldar.storage.up", () => Now.Volumes.Select(v => new Measurement<long>(v.Works ? 1 : 0, Volume(v))), null, "1 when the volume works.");
        _meter.CreateObservableGauge("heldar.recovery.quarantine", () => Now.Volumes.Select(v => new Measurement<long>(v.QuarantineBytes, Volume(v))), "By", "Files set aside in the volume's quarantine; nothing deletes them.");
    }

    private void Mirror()
    {
        _meter.CreateObservableGauge("heldar.mirror.lag", () => OfMirror(m => m.Lag.TotalSeconds), "s", "Time since the oldest footage ended that the mirror has no copy of; 0 when it has all.");
        _meter.CreateObservableGauge("heldar.mirror.waiting", () => OfMirror(m => (double)m.Totals.WaitingSegments), null, "Segments that the mirror has no copy of.");
        _meter.CreateObservableGauge("heldar.mirror.waiting_bytes", () => OfMirror(m => (double)m.Totals.WaitingBytes), "By", "Bytes of the segments that the mirror has no copy of.");
        _meter.CreateObservableGauge("heldar.mirror.copies", () => OfMirror(m => (double)m.Totals.CopiedBytes), "By", "Bytes of copies on the mirror.");
    }

    private void Process(IClock clock)
    {
        _meter.CreateObservableCounter("process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time of the program.");
        _meter.CreateObservableGauge("process.resident_memory", () => Environment.WorkingSet, "By", "Resident memory of the program.");
        var startedAt = clock.GetCurrentInstant().ToUnixTimeMilliseconds() / 1000.0;
        _meter.CreateObservableGauge("process.start_time", () => startedAt, "s", "When the program's rooms were made, in Unix time.");
        _meter.CreateObservableCounter("heldar.process.gc_pause", () => GC.GetTotalPauseDuration().TotalSeconds, "s", "Time that the garbage collector stopped the program.");
        _meter.CreateObservableCounter("heldar.process.allocated", () => GC.GetTotalAllocatedBytes(), "By", "Memory allocated since the start.");
    }

    private IEnumerable<Measurement<int>> Problems(HealthSigns health) =>
        from camera in Now.Cameras
        from problem in health.ProblemsOf(camera.Config.Uid)
        select new Measurement<int>(1, new KeyValuePair<string, object?>("camera", camera.Config.Slug), new KeyValuePair<string, object?>("problem", problem));

    private static KeyValuePair<string, object?> Volume(VolumeSample volume) => new("volume", volume.Name);

    private double? Age(Instant? at) => at is { } then ? Math.Max(0, (Now.Time - then).TotalSeconds) : null;

    private IEnumerable<Measurement<double>> OfMirror(Func<MirrorLook, double> value) => Now.Mirror is { } mirror ? [new Measurement<double>(value(mirror))] : [];

    private IEnumerable<Measurement<double>> Each(Func<CameraObserved, double?> value, bool state = false)
    {
        foreach (var camera in Now.Cameras)
        {
            if (value(camera) is not { } known) continue;
            var name = new KeyValuePair<string, object?>("camera", camera.Config.Slug);
            yield return state
                ? new Measurement<double>(known, name, new("state", JsonNamingPolicy.SnakeCaseLower.ConvertName(camera.Condition.ToString())))
                : new Measurement<double>(known, name);
        }
    }
}
