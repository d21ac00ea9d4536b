using System.Collections.Concurrent;
using System.Text.Json;
using Azure;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Fleet.Settings;
using NodaTime;

namespace Heldar.Fleet.Operation;

/// <summary>What one look at the queues found.</summary>
/// <param name="At">When.</param>
/// <param name="Shards">Each with its queues.</param>
/// <param name="LeftOut">Shards beyond <see cref="QueueWatch.MostShards"/>.</param>
/// <param name="Fault">Why nothing could be seen.</param>
internal sealed record QueueLook(Instant At, IReadOnlyList<(string Shard, IReadOnlyList<QueueView> Queues)> Shards, int LeftOut, string? Fault = null);

/// <summary>
/// Looks at the queues of this service's shards, and of shards that are only being emptied. One look at a time, kept for a few seconds for everybody; a storage
/// account that does not answer is an answer. Thread-safe.
/// </summary>
internal sealed partial class QueueWatch(FleetOptions options, QueueStore queues, TimeProvider time, IClock clock, ILogger<QueueWatch> log) : IDisposable
{
    /// <summary>Most shards of one look: 22 queues each.</summary>
    public const int MostShards = 16;

    private const int AtOnce = 16;
    private const int MostNames = 1000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(4);

    /// <summary>Longest look; what was not seen by then says so.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private readonly SemaphoreSlim _one = new(1);
    private (QueueLook Look, long At)? _last;

    public async Task<QueueLook> LookAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            if (_last is { } last && time.GetElapsedTime(last.At) < Fresh) return last.Look;
            var look = await LookNowAsync(cancellation);
            _last = (look, time.GetTimestamp());
            return look;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<QueueLook> LookNowAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        var at = clock.GetCurrentInstant();
        string? fault = null;
        IEnumerable<string> found = [];
        try
        {
            found = await FoundAsync(limit.Token);
        }
        catch (Exception failure) when (IsFault(failure, cancellation))
        {
            fault = Words(failure);
            NotSeen(fault, failure.Message.Split('\n')[0]);
        }

        var all = options.Shards.Concat(options.Draining).Concat(found).Distinct(StringComparer.Ordinal).ToList();
        var shown = all.Take(MostShards).ToList();
        ConcurrentDictionary<(string, string), QueueView> seen = new();
        await Parallel.ForEachAsync(
            shown.SelectMany(s => QueueNames.All.Select(q => (Shard: s, Queue: q))),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (one, _) => seen[one] = await ViewAsync(one.Shard, one.Queue, limit.Token, cancellation));
        // One cause, instead of one for each queue, when nothing at all answers.
        var dark = fault is not null && seen.Values.All(v => v.Fault is not null);
        return new(at, [.. shown.Select(s => (s, (IReadOnlyList<QueueView>)[.. QueueNames.All.Where(_ => !dark).Select(q => seen[(s, q)])]))], all.Count - shown.Count, dark ? fault : null);
    }

    /// <summary>Shards whose queues are in the account.</summary>
    private async Task<IEnumerable<string>> FoundAsync(CancellationToken cancellation)
    {
        const string prefix = QueueNames.Segments + "-";
        return (await queues.NamesAsync(prefix, MostNames, cancellation)).Select(n => n[prefix.Length..]).Where(QueueNames.IsShard).Order(StringComparer.Ordinal);
    }

    private async Task<QueueView> ViewAsync(string shard, string queue, CancellationToken limit, CancellationToken cancellation)
    {
        var name = QueueNames.InShard(queue, shard);
        try
        {
            if (await queues.TryCountAsync(name, limit) is not { } messages) return new(queue) { Fault = "there is no such queue" };
            var (since, attempts) = messages > 0 && await queues.PeekAsync(name, limit) is { } front ? Front(front) : (null, null);
            return new(queue) { Messages = messages, Poison = await queues.TryCountAsync(QueueNames.Poison(name), limit) ?? 0, WaitingSince = since, Attempts = attempts };
        }
        catch (Exception failure) when (IsFault(failure, cancellation))
        {
            return new(queue) { Fault = Words(failure) };
        }
    }

    private static (Instant? Since, int? Attempts) Front(PeekedText front)
    {
        try
        {
            var envelope = Envelope.Parse(Convert.FromBase64String(front.Text));
            return (envelope.FirstSeen is { } first && first < front.InsertedAt ? first : front.InsertedAt, envelope.Attempt);
        }
        catch (Exception foreign) when (foreign is FormatException or JsonException)
        {
            // Queues of our own messages hold other forms, and anybody with a signature may have put anything.
            return (front.InsertedAt, null);
        }
    }

    private static bool IsFault(Exception failure, CancellationToken caller) =>
        failure is RequestFailedException or AggregateException or IOException or TimeoutException || (failure is OperationCanceledException && !caller.IsCancellationRequested);

    private static string Words(Exception failure) => failure switch
    {
        RequestFailedException { Status: > 0 } refused => $"the storage account refuses: {refused.Status} {refused.ErrorCode}",
        OperationCanceledException => "the storage account took too long",
        _ => "the storage account does not answer",
    };

    [LoggerMessage(4101, LogLevel.Warning, "the queues cannot be looked at, {Fault}: {Cause}")]
    private partial void NotSeen(string fault, string cause);
}
