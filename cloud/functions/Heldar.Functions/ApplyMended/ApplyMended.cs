using System.Security.Cryptography;
using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Npgsql;

namespace Heldar.Functions.ApplyMended;

/// <summary>Queue <c>mended</c>: applies dead letters that a person sent again, through the handler that refused them.</summary>
internal sealed class ApplyMended(NpgsqlDataSource database, MendedVerifier verifier, IEnumerable<BatchFunction> handlers, QueueStore queues, FailurePolicy policy) : IQueueFunction
{
    private readonly Dictionary<string, BatchFunction> _handlers = handlers.ToDictionary(h => h.Queue, StringComparer.Ordinal);

    public string Name => nameof(ApplyMended);

    public string Queue => QueueNames.Mended;

    public Task RunAsync(QueueMessage message, CancellationToken cancellation) => policy.RunAsync(message, (m, last) => ApplyAsync(m, last, cancellation), cancellation);

    private async Task ApplyAsync(QueueMessage message, bool lastAttempt, CancellationToken cancellation)
    {
        MendedBody order;
        try
        {
            order = await verifier.VerifyAsync(message.Envelope ?? throw new RefusedException(DeadLetterReasons.NotAnEnvelope, "this is no envelope"), cancellation);
        }
        catch (RefusedException refused)
        {
            await RefuseAsync(message, refused, cancellation);
            return;
        }

        var letter = await RedrivenLetter.FindAsync(database, order.Tenant, order.Letter, cancellation);
        // The message is put before the fleet commits what it says; a fleet that fell in between never said it.
        if (letter is null || letter.Round < order.Round)
        {
            if (!lastAttempt) throw new NotYetException("the letter's round is not written yet");
            return;
        }

        // Dropped or sent again since: somebody decided otherwise. What was applied already is applied once more: the run that did it may have ended before it fanned out.
        if (letter.Round != order.Round || letter.Status is not ("redriven" or "applied")) return;
        await ApplyAsync(letter, order, cancellation);
    }

    private async Task ApplyAsync(RedrivenLetter letter, MendedBody order, CancellationToken cancellation)
    {
        try
        {
            if (Convert.ToHexStringLower(SHA256.HashData(letter.Body)) != order.Sha256) throw new RefusedException(DeadLetterReasons.HeaderDiffers, "what lies in the database is not what was signed");
            var queue = MendedEvents.QueueOf(letter);
            if (!letter.IsEvent && queue is (QueueNames.Fanout or QueueNames.Webhooks))
            {
                await PutBackAsync(letter, cancellation);
                return;
            }

            var handler = _handlers.GetValueOrDefault(queue) ?? throw new RefusedException(DeadLetterReasons.WrongQueue, $"no handler here applies what comes through {queue}");
            await handler.ApplyAsync(letter, cancellation);
        }
        catch (RefusedException refused)
        {
            await using var batch = database.CreateBatch();
            letter.AppendReopened(batch, refused.Reason, refused.Message);
            await batch.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>The pipeline's own messages are signed by nobody, and nobody else may write to their queues: they go back there. Twice is once for their handlers.</summary>
    private async Task PutBackAsync(RedrivenLetter letter, CancellationToken cancellation)
    {
        await queues.SendAsync(RedrivenLetter.WorkQueue(letter.Queue), letter.Body, TimeSpan.Zero, cancellation);
        await using var batch = database.CreateBatch();
        letter.AppendApplied(batch);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private async Task RefuseAsync(QueueMessage message, RefusedException refused, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        new DeadLetter(DeadLetter.NoTenant, message.Queue, refused.Reason, refused.Message, message.Body) { EventId = Convert.ToHexStringLower(SHA256.HashData(message.Body)) }.Append(batch);
        await batch.ExecuteNonQueryAsync(cancellation);
        policy.Refused(message, refused.Reason);
    }
}
