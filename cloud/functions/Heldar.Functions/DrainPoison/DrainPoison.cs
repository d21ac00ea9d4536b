using Heldar.Cloud.DeadLetters;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Npgsql;

namespace Heldar.Functions.DrainPoison;

/// <summary>
/// Poison queues: messages on which a handler crashed as often as the host allows. They become dead letters, where somebody looks. One function per queue, all
/// of this class. The tenant is not proven here, so none is taken from the message.
/// </summary>
internal sealed class DrainPoison(string name, string queue, NpgsqlDataSource database, FailurePolicy policy) : IQueueFunction
{
    private static readonly Dictionary<string, string> Drained = new(StringComparer.Ordinal)
    {
        ["DrainPoisonSegments"] = QueueNames.Segments,
        ["DrainPoisonDetections"] = QueueNames.Detections,
        ["DrainPoisonSnapshots"] = QueueNames.Snapshots,
        ["DrainPoisonHolds"] = QueueNames.Holds,
        ["DrainPoisonMended"] = QueueNames.Mended,
        ["DrainPoisonStates"] = QueueNames.States,
        ["DrainPoisonRegistrations"] = QueueNames.Registrations,
        ["DrainPoisonFanout"] = QueueNames.Fanout,
        ["DrainPoisonWebhooks"] = QueueNames.Webhooks,
    };

    /// <summary>One function for each queue that has a handler here.</summary>
    public static IReadOnlyCollection<string> Names => Drained.Keys;

    public static DrainPoison Create(string name, NpgsqlDataSource database, FailurePolicy policy) => new(name, Drained[name], database, policy);

    public string Name => name;

    public string Queue => QueueNames.Poison(queue);

    /// <summary>A poison queue has no poison queue of its own, so a fault of the database must not count as a crash here either.</summary>
    public Task RunAsync(QueueMessage message, CancellationToken cancellation) => policy.RunAsync(message, (m, _) => FileAsync(m, cancellation), cancellation, exact: true);

    private async Task FileAsync(QueueMessage message, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        new DeadLetter(DeadLetter.NoTenant, message.Queue, DeadLetterReasons.TooOften, "its handler crashed as often as maxDequeueCount allows", message.Body)
        {
            // The message's own hash makes a redelivered poison message the same letter.
            EventId = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(message.Body)),
            Box = ClaimedBox(message.Body),
        }.Append(batch);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static Guid? ClaimedBox(byte[] body)
    {
        try
        {
            return Envelope.Parse(body).Box;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
