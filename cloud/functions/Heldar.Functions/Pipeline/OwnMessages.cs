using System.Text.Json;
using Heldar.Cloud.DeadLetters;
using Npgsql;

namespace Heldar.Functions.Pipeline;

/// <summary>
/// Runs handlers of messages that this program itself wrote: no envelope, no signature, and nobody but this program may write to their queues. What cannot be read
/// is a dead letter of no tenant.
/// </summary>
internal sealed class OwnMessages(FailurePolicy policy, NpgsqlDataSource database)
{
    public Task RunAsync(QueueMessage message, Func<QueueMessage, CancellationToken, Task> apply, CancellationToken cancellation) =>
        policy.RunAsync(message, (m, _) => ApplyAsync(m, apply, cancellation), cancellation, exact: true);

    private async Task ApplyAsync(QueueMessage message, Func<QueueMessage, CancellationToken, Task> apply, CancellationToken cancellation)
    {
        try
        {
            await apply(message, cancellation);
        }
        catch (Exception wrong) when (wrong is JsonException or FormatException)
        {
            await using var batch = database.CreateBatch();
            new DeadLetter(DeadLetter.NoTenant, message.Queue, DeadLetterReasons.BadBody, wrong.Message, message.Body)
            {
                EventId = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(message.Body)),
            }.Append(batch);
            await batch.ExecuteNonQueryAsync(cancellation);
            policy.Refused(message, DeadLetterReasons.BadBody);
        }
    }
}
