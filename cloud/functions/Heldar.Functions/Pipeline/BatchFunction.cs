using System.Text.Json;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Registry;
using Heldar.Cloud.Traces;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Npgsql;

namespace Heldar.Functions.Pipeline;

/// <summary>What handlers of box batches share.</summary>
internal sealed record BatchServices(NpgsqlDataSource Database, BatchVerifier Verifier, StagedBodies Staged, CameraOwners Cameras, FailurePolicy Policy, FanOutSender FanOut, NodaTime.IClock Clock, ILogger<BatchFunction> Log);

/// <summary>
/// Applies one signed batch: verify, sort its events into good and bad, then one round trip that applies the good ones, files the bad ones as dead letters and
/// marks the batch as received, all in one transaction; then the good ones are fanned out. A batch never fails for one event.
/// </summary>
internal abstract partial class BatchFunction(BatchServices services) : IQueueFunction
{
    public abstract string Name { get; }

    public abstract string Queue { get; }

    public Task RunAsync(QueueMessage message, CancellationToken cancellation) => services.Policy.RunAsync(message, (m, last) => ApplyAsync(m, last, cancellation), cancellation);

    /// <summary>Binds and checks the data, and adds what applies it to <paramref name="work"/>. Throws <see cref="RefusedException"/> or <see cref="JsonException"/> for bad data.</summary>
    protected abstract void Collect(BatchWork work, CloudEvent one, EventSource source);

    /// <summary>What the collected statements need before they run, outside of their transaction.</summary>
    protected virtual Task PrepareAsync(BatchWork work, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Adds the collected statements.</summary>
    protected abstract void Append(NpgsqlBatch batch, BatchWork work);

    private async Task ApplyAsync(QueueMessage message, bool lastAttempt, CancellationToken cancellation)
    {
        VerifiedBatch verified;
        try
        {
            verified = await (message.Envelope is { } envelope ? services.Verifier.VerifyAsync(envelope, cancellation) : services.Verifier.VerifyAsync(message.Body, cancellation));
        }
        catch (RefusedException refused)
        {
            // A repeat of a batch whose body was deleted when it was applied.
            if (refused.BodyIsGone && message.Envelope is { } repeat && await Watermarks.HasAsync(services.Database, repeat, cancellation)) return;
            await RefuseMessageAsync(message, refused, cancellation);
            return;
        }

        await ApplyAsync(verified, message.Queue, lastAttempt, null, cancellation);
    }

    /// <summary>Applies a letter that a person sent again: an event as one of its box, anything else as the message that it was. Refused again, it is open again.</summary>
    internal async Task ApplyAsync(RedrivenLetter letter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(letter);
        VerifiedBatch verified;
        try
        {
            verified = letter.IsEvent ? MendedEvents.AsBatch(letter) : await services.Verifier.VerifyAsync(letter.Body, cancellation);
        }
        catch (RefusedException refused)
        {
            await using var batch = services.Database.CreateBatch();
            letter.AppendReopened(batch, refused.Reason, refused.Message);
            await batch.ExecuteNonQueryAsync(cancellation);
            return;
        }

        await ApplyAsync(verified, RedrivenLetter.WorkQueue(letter.Queue), lastAttempt: true, letter, cancellation);
    }

    private async Task ApplyAsync(VerifiedBatch verified, string queue, bool lastAttempt, RedrivenLetter? again, CancellationToken cancellation)
    {
        using var span = PipelineTraces.Process(queue, verified.Body.Events);
        try
        {
            await CommitAsync(verified, queue, lastAttempt, again, cancellation);
        }
        catch (Exception fault)
        {
            span?.Fail(fault);
            if (FailurePolicy.IsTransient(fault)) PipelineMetrics.Count(verified.Body.Events, "transient");
            throw;
        }
    }

    private async Task CommitAsync(VerifiedBatch verified, string queue, bool lastAttempt, RedrivenLetter? again, CancellationToken cancellation)
    {
        var work = new BatchWork(verified, services.Clock.GetCurrentInstant());
        var unknown = await SortAsync(work, queue, cancellation);
        if (lastAttempt) work.Letters.AddRange(unknown.Select(e => Letter(work, queue, e, DeadLetterReasons.UnknownCamera, "no camera with this uid is registered, even after all attempts")));
        await PrepareAsync(work, cancellation);
        await using var batch = services.Database.CreateBatch();
        GenericPlans.Append(batch);
        Append(batch, work);
        var complete = unknown.Count == 0 || lastAttempt;
        NpgsqlBatchCommand? mark = null;
        if (again is { IsEvent: true })
        {
            // The event's batch was counted when it came; this is no batch of the box.
            if (work.Letters is [var refused, ..]) again.AppendReopened(batch, refused.Reason, refused.Detail);
            else again.AppendApplied(batch);
        }
        else
        {
            foreach (var letter in work.Letters) letter.Append(batch);
            if (complete) mark = Watermarks.Append(batch, verified);
            again?.AppendApplied(batch);
        }

        if (batch.BatchCommands.Count > 1) await batch.ExecuteNonQueryAsync(cancellation);
        Note(work, queue, unknown, complete, isFirst: mark is not { RecordsAffected: 0 });
        if (work.Letters.Count > 0) services.Policy.Refused(queue, work.Batch.Envelope, work.Letters.Count);
        // After the commit: when this fails, the whole message comes again, and what is fanned out twice is one delivery.
        await services.FanOut.SendAsync(work.Box.Tenant, work.Applied, cancellation);
        if (mark is not null) await ForgetBodyAsync(verified.Envelope, cancellation);
        if (!complete) throw new NotYetException($"{unknown.Count} events are about cameras that are not registered yet");
    }

    /// <summary>Deletes the batch's staged body, if it had one. What cannot be deleted now goes by the container's age rule.</summary>
    private async Task ForgetBodyAsync(Envelope envelope, CancellationToken cancellation)
    {
        if (envelope.BodyUrl is null) return;
        try
        {
            await services.Staged.DeleteAsync(envelope, cancellation);
        }
        catch (Exception fault) when (fault is Azure.RequestFailedException || FailurePolicy.IsTransient(fault))
        {
            LogBodyStays(services.Log, envelope.BatchSeq, envelope.Box, fault.Message.Split('\n')[0]);
        }
    }

    /// <summary>Counts what was committed. Of a batch that comes in several attempts, the good events count with the last.</summary>
    private void Note(BatchWork work, string queue, List<CloudEvent> unknown, bool complete, bool isFirst)
    {
        if (!complete) PipelineMetrics.Count(unknown, "transient");
        else PipelineMetrics.Count(work.Applied, isFirst ? "applied" : "duplicate");
        if (isFirst && complete) PipelineMetrics.Aged(work.Applied, services.Clock.GetCurrentInstant());
        foreach (var letter in isFirst ? work.Letters : [])
        {
            PipelineMetrics.Count(letter.EventType, "permanent");
            PipelineMetrics.DeadLetter(queue, letter.Reason);
            LogRefused(services.Log, MessageScope.Line(letter.EventId ?? ""), MessageScope.Line(letter.EventType ?? ""), work.Box.Box, letter.Reason);
        }

        if (!isFirst || !services.Log.IsEnabled(LogLevel.Debug)) return;
        foreach (var one in work.Applied) LogApplied(services.Log, MessageScope.Line(one.Id), one.Type, work.Box.Box, work.Batch.Envelope.BatchSeq);
    }

    /// <summary>Collects the good events, files the bad ones, and returns those whose camera nobody registered yet (a description may still be on its way).</summary>
    private async Task<List<CloudEvent>> SortAsync(BatchWork work, string queue, CancellationToken cancellation)
    {
        var sources = work.Batch.Body.Events.Select(e => (Event: e, Source: EventSource.TryParse(e.Source, out var source) ? source : null)).ToList();
        var owners = await services.Cameras.FindAsync(work.Box.Tenant, work.Box.Box, [.. sources.Where(s => s.Source?.Camera is not null).Select(s => s.Source!.Camera!.Value).Distinct()], cancellation);
        List<CloudEvent> unknown = [];
        foreach (var (one, source) in sources)
        {
            try
            {
                if (Check(work, one, source, owners) == Standing.UnknownCamera)
                {
                    unknown.Add(one);
                    continue;
                }

                Collect(work, one, source!);
                work.Applied.Add(one);
            }
            catch (RefusedException refused)
            {
                work.Letters.Add(Letter(work, queue, one, refused.Reason, refused.Message));
            }
            catch (JsonException wrong)
            {
                work.Letters.Add(Letter(work, queue, one, DeadLetterReasons.BadData, wrong.Message));
            }
        }

        return unknown;
    }

    private Standing Check(BatchWork work, CloudEvent one, EventSource? source, IReadOnlyDictionary<Guid, Guid> owners)
    {
        if (one.Specversion != CloudEvent.Version || !EventRules.IsText(one.Id, 300) || !EventRules.IsTime(one.Time))
            throw new RefusedException(DeadLetterReasons.BadData, "specversion must be 1.0, id 1 to 300 printable characters, and time from 1970 to 9998");
        if (!EventTypes.TryGet(one.Type, out var type)) throw new RefusedException(DeadLetterReasons.UnknownType, $"no event type {(one.Type.Length <= 80 ? one.Type : one.Type[..80])} is known");
        if (type.Queue != Queue || type.Class != work.Batch.Envelope.Class) throw new RefusedException(DeadLetterReasons.WrongQueue, $"{type.Type} belongs into queue {type.Queue} with class {type.Class}");
        if (source is null || source.Tenant != work.Box.Tenant || source.Site != work.Box.Site) throw new RefusedException(DeadLetterReasons.ForeignSource, "the source is not of this box's tenant and site");
        if (source.Box is { } box && box != work.Box.Box) throw new RefusedException(DeadLetterReasons.ForeignSource, "the source is another box");
        if (source.Camera is not { } camera) return Standing.Known;
        if (!owners.TryGetValue(camera, out var owner)) return Standing.UnknownCamera;
        return owner == work.Box.Box ? Standing.Known : throw new RefusedException(DeadLetterReasons.ForeignSource, "the camera is another box's");
    }

    private async Task RefuseMessageAsync(QueueMessage message, RefusedException refused, CancellationToken cancellation)
    {
        await using var batch = services.Database.CreateBatch();
        new DeadLetter(refused.Box?.Tenant ?? DeadLetter.NoTenant, message.Queue, refused.Reason, refused.Message, message.Body)
        {
            Box = refused.Box?.Box,
            // A message that is delivered twice is one letter.
            EventId = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(message.Body)),
        }.Append(batch);
        await batch.ExecuteNonQueryAsync(cancellation);
        services.Policy.Refused(message, refused.Reason);
    }

    private static DeadLetter Letter(BatchWork work, string queue, CloudEvent one, string reason, string detail) =>
        new(work.Box.Tenant, queue, reason, detail, Text(one)) { Box = work.Box.Box, EventId = one.Id, EventType = one.Type };

    private static byte[] Text(CloudEvent one)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(one, HeldarJson.Options);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // Its data holds an escape that is no character: it can be read as JSON and not be written again, so it is kept as text.
            return JsonSerializer.SerializeToUtf8Bytes(one with { Data = JsonSerializer.SerializeToElement(one.Data.GetRawText()) }, HeldarJson.Options);
        }
    }

    [LoggerMessage(4010, LogLevel.Debug, "event {EventId} ({Type}) of box {Box} was applied with batch {BatchSeq}")]
    private static partial void LogApplied(ILogger log, string eventId, string type, Guid box, long batchSeq);

    [LoggerMessage(4011, LogLevel.Information, "event {EventId} ({Type}) of box {Box} is refused: {Reason}")]
    private static partial void LogRefused(ILogger log, string eventId, string type, Guid box, string reason);

    [LoggerMessage(4012, LogLevel.Information, "the staged body of batch {BatchSeq} of box {Box} cannot be deleted: {Cause}")]
    private static partial void LogBodyStays(ILogger log, long batchSeq, Guid box, string cause);

    private enum Standing
    {
        Known,
        UnknownCamera,
    }
}

/// <summary>What one batch will write.</summary>
internal sealed class BatchWork(VerifiedBatch batch, NodaTime.Instant now)
{
    public VerifiedBatch Batch { get; } = batch;

    public BoxRecord Box => Batch.Box;

    public NodaTime.Instant Now { get; } = now;

    public List<DeadLetter> Letters { get; } = [];

    /// <summary>The events that are good.</summary>
    public List<CloudEvent> Applied { get; } = [];

    /// <summary>The handler's own collected work.</summary>
    public List<object> Items { get; } = [];
}
