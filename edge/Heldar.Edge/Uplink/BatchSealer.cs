using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Edge.Enrolment;

namespace Heldar.Edge.Uplink;

/// <summary>One event as the outbox keeps it. Its source is composed when it is sealed, since the box may not be enrolled before.</summary>
internal sealed record OutboxEvent(long Id, string Type, string EventId, string? Camera, string Time, string Data)
{
    /// <summary>Bytes of source, time, version and names around the data, roughly.</summary>
    public const int Frame = 280;

    /// <summary>About how many bytes it takes in a batch.</summary>
    public int Size => Data.Length + EventId.Length + Type.Length + Frame;
}

/// <summary>A batch whose bytes never change again.</summary>
/// <param name="Class">Class and unit of numbering.</param>
/// <param name="Seq">batchSeq, from 1.</param>
/// <param name="Queue">Unsharded queue.</param>
/// <param name="Envelope">The message's bytes before base64.</param>
/// <param name="Staged">The body, when it travels as a staging blob.</param>
internal sealed record SealedBatch(EventClass Class, long Seq, string Queue, byte[] Envelope, byte[]? Staged)
{
    /// <summary>Spans that its events came from, as far as they are remembered.</summary>
    public IReadOnlyList<ActivityContext> Origins { get; init; } = [];
}

/// <summary>Turns events into a signed envelope; each carries the trace in which it was made, under the signature. Stateless; called within the writer's transaction.</summary>
internal sealed partial class BatchSealer(BoxKey key, ILogger<BatchSealer> log)
{
    public SealedBatch Seal(BoxIdentity identity, string stagingContainer, string epoch, OutboxQueue queue, long seq, IReadOnlyList<OutboxEvent> events)
    {
        var origins = UplinkTraces.Take(events);
        var sealedBatch = Seal(identity, stagingContainer, epoch, queue, seq, events, origins) with { Origins = [.. events.Where(e => origins.ContainsKey(e.EventId)).Select(e => origins[e.EventId])] };
        if (log.IsEnabled(LogLevel.Debug))
            foreach (var one in events) LogSealed(one.EventId, one.Type, queue.Class, seq, epoch, identity.Box, queue.Queue);
        return sealedBatch;
    }

    private SealedBatch Seal(BoxIdentity identity, string stagingContainer, string epoch, OutboxQueue queue, long seq, IReadOnlyList<OutboxEvent> events, IReadOnlyDictionary<string, ActivityContext> origins)
    {
        var body = new BatchBody
        {
            Tenant = identity.Tenant,
            Box = identity.Box,
            Class = queue.Class,
            Epoch = epoch,
            BatchSeq = seq,
            Events = [.. events.Select(e => Compose(identity, e, origins.GetValueOrDefault(e.EventId)))],
        }.ToBytes();
        var signature = key.Sign(body);
        var bytes = body.Length > Envelope.MaxBytes ? null : Inline(identity, epoch, queue, seq, body, signature);
        if (bytes is { Length: <= Envelope.MaxBytes }) return new SealedBatch(queue.Class, seq, queue.Queue, bytes, null);

        var name = Convert.ToHexStringLower(SHA256.HashData(body));
        var staged = Head(identity, epoch, queue, seq, signature) with { BodyUrl = $"{stagingContainer}/{name}", BodySha256 = name };
        return new SealedBatch(queue.Class, seq, queue.Queue, staged.ToBytes(), body);
    }

    private byte[] Inline(BoxIdentity identity, string epoch, OutboxQueue queue, long seq, byte[] body, string signature) =>
        (Head(identity, epoch, queue, seq, signature) with { Body = Encoding.UTF8.GetString(body) }).ToBytes();

    private Envelope Head(BoxIdentity identity, string epoch, OutboxQueue queue, long seq, string signature) => new()
    {
        Tenant = identity.Tenant,
        Box = identity.Box,
        KeyId = key.Id,
        Class = queue.Class,
        Epoch = epoch,
        BatchSeq = seq,
        Sig = signature,
    };

    private static CloudEvent Compose(BoxIdentity identity, OutboxEvent e, ActivityContext origin)
    {
        var source = e.Camera is { } camera
            ? EventSource.OfCamera(identity.Tenant, identity.Site, Guid.ParseExact(camera, "D"))
            : EventSource.OfBox(identity.Tenant, identity.Site, identity.Box);
        using var data = JsonDocument.Parse(e.Data);
        return new CloudEvent
        {
            Specversion = CloudEvent.Version,
            Id = e.EventId,
            Source = source.ToString(),
            Type = e.Type,
            Time = InstantText.Parse(e.Time),
            Traceparent = TraceContext.ParentOf(origin),
            Tracestate = TraceContext.StateOf(origin),
            Data = data.RootElement.Clone(),
        };
    }

    [LoggerMessage(2104, LogLevel.Debug, "event {EventId} ({Type}) goes out in batch {Class} {Seq} of epoch {Epoch}, box {Box}, queue {Queue}")]
    private partial void LogSealed(string eventId, string type, EventClass @class, long seq, string epoch, Guid box, string queue);
}
