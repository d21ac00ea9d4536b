using System.Diagnostics;
using System.Globalization;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Benchmarks.Pipeline;

/// <summary>Empties one queue full of signed batches: with the functions host and its handler, or with a bare loop that receives and deletes.</summary>
internal sealed class QueueDrain(Stack stack, PipelinePlan plan, NpgsqlDataSource database) : IDisposable
{
    // A fleet's queue holds messages of many boxes; those of one box share a watermark row and commit one after another.
    private const int Boxes = 16;
    private const int CamerasOfABox = 2;
    private const int Senders = 8;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly string Queue = QueueNames.InShard(QueueNames.Segments, "0");
    private readonly QueueStore _queues = new(stack.Storage);
    private readonly List<(TestBox Box, List<Guid> Cameras)> _boxes = [];
    private int _sealed;
    // Segments of the last minutes, as real ones are.
    private Instant _next = Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow()) - Duration.FromMinutes(30);

    /// <summary>Registers the synthetic boxes.</summary>
    public async Task RegisterAsync()
    {
        for (var b = 0; b < Boxes; b++)
        {
            var box = new TestBox { Site = "bench" };
            _boxes.Add((box, []));
            await box.RegisterAsync(database);
            for (var n = 0; n < CamerasOfABox; n++) _boxes[b].Cameras.Add(await box.AddCameraAsync(database, $"bench{b:00}-{n}"));
        }
    }

    /// <summary>
    /// Fills and empties the queue with the functions host until it has worked for <paramref name="worked"/>; the host is frozen while the queue is filled.
    /// Checks that every event landed.
    /// </summary>
    public Task<DrainRate> HostAsync(TimeSpan worked, CancellationToken cancellation) => RepeatAsync(worked, HostOnceAsync, cancellation);

    /// <summary>The same with a bare loop on the same messages, with as many at once as the host has; the host is frozen.</summary>
    public Task<DrainRate> BareAsync(TimeSpan worked, CancellationToken cancellation) => RepeatAsync(worked, BareOnceAsync, cancellation);

    private static async Task<DrainRate> RepeatAsync(TimeSpan worked, Func<CancellationToken, Task<DrainRate>> once, CancellationToken cancellation)
    {
        var sum = await once(cancellation);
        while (sum.Seconds < worked.TotalSeconds) sum += await once(cancellation);
        return sum;
    }

    private async Task<DrainRate> HostOnceAsync(CancellationToken cancellation)
    {
        var landed = await LandedAsync(cancellation);
        Host.Signal(Signals.Freeze);
        try
        {
            await FillAsync(cancellation);
        }
        finally
        {
            Host.Signal(Signals.Continue);
        }

        var rate = await EmptiedAsync(cancellation);
        var indexed = await LandedAsync(cancellation) - landed;
        var sent = (long)plan.Messages * PipelinePlan.EventsPerMessage;
        return indexed == sent ? rate : throw new InvalidOperationException($"{indexed} of {sent} segments were indexed");
    }

    private async Task<DrainRate> BareOnceAsync(CancellationToken cancellation)
    {
        Host.Signal(Signals.Freeze);
        try
        {
            await FillAsync(cancellation);
            var loop = ReceiveAndDeleteAsync(cancellation);
            var rate = await EmptiedAsync(cancellation);
            await loop;
            return rate;
        }
        finally
        {
            Host.Signal(Signals.Continue);
        }
    }

    public void Dispose()
    {
        foreach (var (box, _) in _boxes) box.Dispose();
    }

    private ProcessIdentity Host => stack.FunctionsService.Child?.Identity ?? throw new InvalidOperationException("the functions host does not run");

    private async Task ReceiveAndDeleteAsync(CancellationToken cancellation)
    {
        List<Task> running = [];
        while (true)
        {
            var messages = await _queues.ReceiveAsync(Queue, 32, TimeSpan.FromMinutes(10), cancellation);
            if (messages.Count == 0) break;
            running.AddRange(messages.Select(m => _queues.DeleteAsync(Queue, m.Id, m.PopReceipt, cancellation)));
            while (running.Count > PipelinePlan.Concurrency - 32)
            {
                await Task.WhenAny(running);
                foreach (var done in running.Where(t => t.IsCompleted)) await done;
                running.RemoveAll(t => t.IsCompleted);
            }
        }

        await Task.WhenAll(running);
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        List<Envelope> sealedBatches = [.. Enumerable.Range(0, plan.Messages).Select(_ => Batch())];
        await Parallel.ForEachAsync(
            sealedBatches,
            new ParallelOptions { MaxDegreeOfParallelism = Senders, CancellationToken = cancellation },
            async (batch, token) => await _queues.SendAsync(Queue, batch.ToBytes(), TimeSpan.Zero, token));
    }

    private Envelope Batch()
    {
        var (box, cameras) = _boxes[_sealed++ % Boxes];
        List<CloudEvent> events = [];
        for (var n = 0; n < PipelinePlan.EventsPerMessage; n++)
        {
            _next += Duration.FromMilliseconds(10);
            events.Add(box.Event(TestBox.Segment(cameras[n % CamerasOfABox], _next, Duration.FromSeconds(30))));
        }

        return box.Seal(events);
    }

    /// <summary>
    /// From the first message that is gone until fewer are left than are worked on at once: with those, a filling ends in idling, which a queue that goes on does
    /// not. Returns when all are gone.
    /// </summary>
    private async Task<DrainRate> EmptiedAsync(CancellationToken cancellation)
    {
        var begun = Stopwatch.GetTimestamp();
        var before = Cpu();
        (long At, int Left)? first = null;
        DrainRate? steady = null;
        while (true)
        {
            var left = await _queues.CountAsync(Queue, cancellation);
            if (first is null && left < plan.Messages) first = (Stopwatch.GetTimestamp(), left);
            if (steady is null && first is { } start && left <= PipelinePlan.Concurrency)
                steady = new DrainRate(start.Left - left, Stopwatch.GetElapsedTime(start.At).TotalSeconds, Cpu().Less(before));
            if (left == 0) return steady!.Value;
            if (Stopwatch.GetElapsedTime(begun) > Limit) throw new TimeoutException($"{left} of {plan.Messages} messages are left after {Limit.TotalSeconds:0} s");
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);
        }
    }

    private DrainCpu Cpu() => new(
        ProcessMeter.TreeCpuSeconds(stack.AzuriteService.Child!.Pid),
        ProcessMeter.TreeCpuSeconds(Host.Pid),
        ProcessMeter.TreeCpuSeconds(stack.PostgresService.Child!.Pid));

    // The fold moves landed rows into spans: one statement sees each row in one of both.
    private async Task<long> LandedAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select (select count(*) from segment_landing where box = any(@boxes)) + (select coalesce(sum(segments), 0) from span where box = any(@boxes))");
        command.Parameters.AddWithValue("boxes", _boxes.Select(b => b.Box.Id).ToArray());
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellation), CultureInfo.InvariantCulture);
    }
}
