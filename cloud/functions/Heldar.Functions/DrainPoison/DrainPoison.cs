using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Contracts.Timers;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.DrainPoison;

/// <summary>
/// Timer of each shard: its poison queues into the dead letters, where somebody looks. It takes messages as the text that they are: a host's trigger would never show it
/// one that is not base64. The tenant is not proven here, so none is taken from the message. A message whose letter was written and that was not deleted is the same letter.
/// </summary>
internal sealed class DrainPoison(NpgsqlDataSource database, QueueStore queues, FailurePolicy policy, FunctionsOptions options) : ITimerFunction
{
    /// <summary>Most looks into one queue in a run, of 32 messages each; the next run goes on.</summary>
    private const int MostLooks = 20;

    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    public string Name => nameof(DrainPoison);

    public string Row => TimerTable.DrainPoison.RowIn(options.Shard);

    public Duration Interval => TimerTable.DrainPoison.Interval;

    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var queue in QueueNames.All) await DrainAsync(QueueNames.Poison(QueueNames.InShard(queue, options.Shard)), cancellation);
    }

    private async Task DrainAsync(string queue, CancellationToken cancellation)
    {
        for (var look = 0; look < MostLooks; look++)
        {
            var messages = await queues.TryReceiveAsync(queue, 32, Lease, cancellation);
            if (messages.Count == 0) return;
            foreach (var message in messages)
            {
                await FileAsync(queue, message, cancellation);
                await queues.DeleteAsync(queue, message.Id, message.PopReceipt, cancellation);
            }
        }
    }

    private async Task FileAsync(string queue, LeasedMessage message, CancellationToken cancellation)
    {
        var decoded = TryDecode(message.Text);
        var body = decoded ?? Encoding.UTF8.GetBytes(message.Text);
        var (reason, detail) = decoded is null
            ? (DeadLetterReasons.NotAnEnvelope, "this is not base64, which every message is")
            : (DeadLetterReasons.TooOften, "its handler crashed as often as maxDequeueCount allows");
        await using var batch = database.CreateBatch();
        // The message's own hash makes a redelivered poison message the same letter.
        new DeadLetter(DeadLetter.NoTenant, queue, reason, detail, body) { EventId = Convert.ToHexStringLower(SHA256.HashData(body)), Box = ClaimedBox(body) }.Append(batch);
        await batch.ExecuteNonQueryAsync(cancellation);
        policy.Refused(new QueueMessage(queue, message.Id, message.DequeueCount, body), reason);
    }

    private static byte[]? TryDecode(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) ? bytes[..written] : null;
    }

    private static Guid? ClaimedBox(byte[] body)
    {
        try
        {
            return Envelope.Parse(body).Box;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
