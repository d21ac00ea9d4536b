using System.Text.Json;
using Azure;
using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Fleet.Settings;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.DeadLetters;

/// <summary>A batch that a box waits for, because its message was refused as a whole.</summary>
/// <param name="Tenant">The box's tenant.</param>
/// <param name="Envelope">Its box and numbers.</param>
internal sealed record StuckBatch(string Tenant, Envelope Envelope);

/// <summary>
/// Finds the batch behind a letter that is a whole message, and deletes its staged body. Only what the box's key proves counts: a number that somebody else wrote must
/// never make a box forget its events. Thread-safe.
/// </summary>
internal sealed partial class LetterBatches(FleetOptions options, NpgsqlDataSource database, IClock clock, ILogger<LetterBatches> log)
{
    private readonly BatchVerifier _verifier = new(new BoxKeyCache(database, clock), new StagedBodies(options.Storage));

    /// <summary>The batch, or null: the letter is one event, whose batch was counted when it came, or nothing proves whose message it is.</summary>
    public async Task<StuckBatch?> FindAsync(string tenant, Guid? box, string reason, byte[] message, CancellationToken cancellation)
    {
        if (TryParse(message) is not { } envelope) return null;
        if (tenant != DeadLetter.NoTenant) return box == envelope.Box && Signed(reason, envelope) is { } signed ? new(tenant, signed) : null;
        // A handler that crashed proved nothing; the signature still can.
        if (reason != DeadLetterReasons.TooOften || envelope.Body is null) return null;
        try
        {
            return new((await _verifier.VerifyAsync(envelope, cancellation)).Box.Tenant, envelope);
        }
        catch (RefusedException)
        {
            return null;
        }
    }

    /// <summary>Deletes the staged body of a batch that was given up. What cannot be deleted now goes by the container's age rule.</summary>
    public async Task ForgetBodyAsync(string queue, StuckBatch batch, CancellationToken cancellation)
    {
        if (batch.Envelope.BodyUrl is null) return;
        try
        {
            var storage = QueueNames.ShardOf(queue) is { } shard ? options.StorageOf(shard) : options.Storage;
            await new StagedBodies(storage).DeleteAsync(batch.Envelope, cancellation);
        }
        catch (Exception fault) when (fault is RequestFailedException or AggregateException or IOException or TimeoutException)
        {
            BodyStays(batch.Envelope.BatchSeq, batch.Envelope.Box, fault.Message.Split('\n')[0]);
        }
    }

    /// <summary>The envelope with the numbers that are under the signature; where they differ from the header, the header is nobody's word.</summary>
    private static Envelope? Signed(string reason, Envelope envelope)
    {
        if (reason != DeadLetterReasons.HeaderDiffers) return envelope;
        if (envelope.Body is not { } text) return null;
        try
        {
            var body = BatchBody.Parse(BatchBody.Bytes(text));
            var sound = body.Box == envelope.Box && body.Epoch is { Length: 32 } && body.Epoch.All(char.IsAsciiHexDigitLower) && body.BatchSeq is >= 1 and < long.MaxValue;
            return sound ? envelope with { Class = body.Class, Epoch = body.Epoch, BatchSeq = body.BatchSeq } : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Envelope? TryParse(byte[] message)
    {
        try
        {
            return Envelope.Parse(message) is { BatchSeq: < long.MaxValue } envelope ? envelope : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(4301, LogLevel.Information, "the staged body of batch {BatchSeq} of box {Box} cannot be deleted: {Cause}")]
    private partial void BodyStays(long batchSeq, Guid box, string cause);
}
