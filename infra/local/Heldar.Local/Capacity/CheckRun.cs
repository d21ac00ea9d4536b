using System.Diagnostics;
using Azure.Storage.Blobs;
using Heldar.Cloud.Index;
using Heldar.Contracts.Queues;
using Heldar.Local.Emulator;
using Heldar.Local.FleetSim;
using Heldar.Local.Processes;
using NodaTime;

namespace Heldar.Local.Capacity;

/// <summary>What a run of the real pipeline came to: figures by name, and what makes them worthless.</summary>
internal sealed record CheckMeasurement(IReadOnlyDictionary<string, double> Figures, IReadOnlyList<string> Problems);

/// <summary>
/// Runs the real pipeline with simulated boxes and measures it from outside: requests by Azurite's log, transactions, rows, sizes and times of commits by PostgreSQL, processor
/// time by the kernel, deliveries by their receiver. Nothing of the model is asked. First the boxes tell for the plan's time, then each camera tells a past hour, which is folded.
/// </summary>
internal sealed class CheckRun(CheckPlan plan, string folder, Action<string> say)
{
    private static readonly TimeSpan FoldLimit = TimeSpan.FromSeconds(150);
    private readonly Dictionary<string, double> _figures = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];

    public async Task<CheckMeasurement> RunAsync(CancellationToken cancellation)
    {
        try
        {
            await MeasureAsync(cancellation);
            return new(_figures, _problems);
        }
        finally
        {
            SimFolder.Clear(folder);
        }
    }

    private async Task MeasureAsync(CancellationToken cancellation)
    {
        FleetSimOptions options = plan.Simulated(folder);
        await using WebhookSink sink = await WebhookSink.StartAsync();
        await using Stack stack = await Stack.StartAsync(new StackOptions(folder) { Sites = 0, Cameras = [], SignInsPerMinute = 10_000, Measured = true }, say, cancellation);
        await using var database = new DatabaseFigures(stack.Database);
        using var desk = new TokenDesk(stack.Fleet);
        await desk.SetUpAsync(await stack.SetupCodeAsync(cancellation) ?? throw new ProcessException("the stack has an account already"), cancellation);
        await desk.AddWebhookAsync(sink.Url, SteadyMaker.Zone, cancellation);
        using var boxes = new SimFleet(options, stack.Fleet, say);
        await boxes.EnrolAsync(desk, cancellation);
        var empty = await SizesAsync(database, cancellation);

        Task<TimeSpan> telling = boxes.RunAsync(cancellation);
        await Task.Delay(TimeSpan.FromSeconds(CheckPlan.WarmSeconds), cancellation);
        Moment from = await LookAsync(stack, database, sink, cancellation);
        await Task.Delay(TimeSpan.FromSeconds(Window(plan.Seconds)), cancellation);
        Moment to = await LookAsync(stack, database, sink, cancellation);
        await telling;
        CompareMoments(stack, from, to);
        await DescribeRowsAsync(database, from, to, cancellation);
        _figures["outgoing_body_bytes_per_delivery"] = sink.Taken is { Requests: > 0 } taken ? (double)taken.Bytes / taken.Requests : double.NaN;

        await FoldAsync(stack, database, boxes, empty, cancellation);
        if (boxes.Behind > 0) _problems.Add($"the cloud did not have everything of {boxes.Behind} boxes");
        if ((await database.OutcomeAsync(cancellation)).Letters is > 0 and var letters) _problems.Add($"{letters} dead letters");
        if (boxes.Repeats > 0) _problems.Add($"{boxes.Repeats} messages were put again");
    }

    /// <summary>Whole minutes where the run is long enough, since timers run each minute.</summary>
    internal static int Window(int seconds) => seconds - CheckPlan.WarmSeconds is var left && left >= 60 ? left / 60 * 60 : left;

    private void CompareMoments(Stack stack, Moment from, Moment to)
    {
        double seconds = (to.At - from.At).TotalSeconds;
        AzuriteLog log = AzuriteLog.Read(stack.Folder.Log("azurite"), from.LogBytes, to.LogBytes);
        if (log.Failures > 0) _problems.Add($"the account failed {log.Failures} times");
        double puts = log.Puts.Values.Sum(), handled = log.Deletes.Values.Sum();
        foreach (string name in (string[])[QueueNames.Segments, QueueNames.Detections, QueueNames.Snapshots, QueueNames.States, QueueNames.Holds, QueueNames.Fanout, QueueNames.Webhooks])
            _figures[$"messages_per_second.{name}"] = log.Puts.GetValueOrDefault(name) / seconds;
        _figures["messages_per_second"] = puts / seconds;
        _figures["executions_per_second.queues"] = handled / seconds;
        _figures["executions_per_minute.timers"] = (to.Database.TimerRows - from.Database.TimerRows) / 2.0 / seconds * 60;
        _figures["queue_requests_per_second.put_and_delete"] = (puts + handled) / seconds;
        _figures["queue_requests_per_second.get"] = log.Gets / seconds;
        _figures["queue_requests_per_second.poison"] = log.Poison / seconds;
        _figures["queue_requests_per_message"] = log.QueueRequests / puts;
        _figures["blob_requests_per_minute.timers"] = log.HostBlobs / seconds * 60;
        _figures["database_writes_per_second"] = (to.Database.Transactions - from.Database.Transactions) / seconds;
        _figures["functions_cpu_ms_per_message"] = (to.CpuSeconds - from.CpuSeconds) / handled * 1000;
    }

    private async Task DescribeRowsAsync(DatabaseFigures database, Moment from, Moment to, CancellationToken cancellation)
    {
        double seconds = (to.At - from.At).TotalSeconds;
        foreach (var (table, rows) in await database.RowsAsync(from.At, to.At, cancellation)) _figures[$"rows_per_second.{(table == "webhook_delivery" ? "delivery" : table)}"] = rows / seconds;
        foreach (var (queue, table) in ((string, string)[])[(QueueNames.Segments, "segment_landing"), (QueueNames.Detections, "detection")])
            (_figures[$"latency_p50_seconds.{queue}"], _figures[$"latency_p95_seconds.{queue}"]) = await database.LatencyAsync(table, from.At, to.At, cancellation);
    }

    /// <summary>A past hour of every camera, until all of them are folded.</summary>
    private async Task FoldAsync(Stack stack, DatabaseFigures database, SimFleet boxes, IReadOnlyDictionary<string, (long Rows, long Bytes)> empty, CancellationToken cancellation)
    {
        Instant hour = PackedSpan.HourOf(SystemClock.Instance.GetCurrentInstant()) - Duration.FromHours(3);
        // Right after a fold, so that all of it is there at once before the next one takes it away.
        while (SystemClock.Instance.GetCurrentInstant().InUtc().Second is < 2 or > 15) await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation);
        long log = LogBytes(stack);
        int told = await boxes.TellPastHourAsync(hour, plan.PastSegments, plan.PastEvents, cancellation);
        foreach (var (name, size) in await SizesAsync(database, cancellation))
            _figures[$"row_bytes.{name}"] = (size.Bytes - empty[name].Bytes) / (double)(size.Rows - empty[name].Rows);
        say($"{told} segments of a past hour are told; they are folded at the next minute");
        int wanted = plan.Load.Boxes * plan.Load.Cameras;
        long began = Stopwatch.GetTimestamp();
        long folded;
        while ((folded = (await database.OutcomeAsync(cancellation)).Spans) < wanted && Stopwatch.GetElapsedTime(began) < FoldLimit) await Task.Delay(TimeSpan.FromSeconds(1), cancellation);

        while ((await database.SizeAsync(["coverage"], cancellation)).Rows < wanted && Stopwatch.GetElapsedTime(began) < FoldLimit) await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
        _figures["row_bytes.coverage"] = await database.GrownRowBytesAsync("coverage", cancellation);

        // Some hours may have been folded in two parts: a minute began while they were told.
        AzuriteLog requests = AzuriteLog.Read(stack.Folder.Log("azurite"), log, LogBytes(stack));
        _figures["folded_camera_hours"] = folded;
        _figures["manifest_writes_per_camera_hour"] = requests.ManifestWrites / (double)folded;
        _figures["row_bytes.camera_hour"] = await database.GrownRowBytesAsync("span", cancellation) + await database.GrownRowBytesAsync("span_list", cancellation);
        _figures["manifest_bytes_per_segment"] = await ManifestBytesAsync(stack, cancellation) / told;
    }

    private static async Task<double> ManifestBytesAsync(Stack stack, CancellationToken cancellation)
    {
        var container = new BlobContainerClient(stack.Storage, ManifestStore.Container, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02));
        double bytes = 0;
        await foreach (var blob in container.GetBlobsAsync(cancellationToken: cancellation)) bytes += blob.Properties.ContentLength ?? 0;
        return bytes;
    }

    private static async Task<IReadOnlyDictionary<string, (long Rows, long Bytes)>> SizesAsync(DatabaseFigures database, CancellationToken cancellation)
    {
        Dictionary<string, (long, long)> sizes = new(StringComparer.Ordinal);
        foreach (string table in (string[])["segment_landing", "detection", "zone_event", "snapshot", "gap"]) sizes[table] = await database.SizeAsync([table], cancellation);
        sizes["delivery"] = await database.SizeAsync(["webhook_delivery", "webhook_event", "webhook_attempt"], cancellation);
        return sizes;
    }

    private static async Task<Moment> LookAsync(Stack stack, DatabaseFigures database, WebhookSink sink, CancellationToken cancellation) => new(
        SystemClock.Instance.GetCurrentInstant(), LogBytes(stack), await database.CountAsync(cancellation), ProcessorTime.OfTree(stack.FunctionsService.Child?.Pid ?? 0), sink.Taken.Requests);

    private static long LogBytes(Stack stack) => new FileInfo(stack.Folder.Log("azurite")).Length;

    private sealed record Moment(Instant At, long LogBytes, DatabaseCounters Database, double CpuSeconds, long Delivered);
}
