using Heldar.Contracts.Events;
using Npgsql;

namespace Heldar.Cloud.DeadLetters;

/// <summary>Why a message or event can never be applied: stable words, also metric labels.</summary>
public static class DeadLetterReasons
{
    public const string NotAnEnvelope = "not_an_envelope";
    public const string TooLarge = "too_large";
    public const string UnknownKey = "unknown_key";
    public const string RevokedKey = "revoked_key";
    public const string BadSignature = "bad_signature";
    public const string HeaderDiffers = "header_differs";
    public const string BadStagedBody = "bad_staged_body";
    public const string BadBody = "bad_body";
    public const string ForeignSource = "foreign_source";
    public const string UnknownCamera = "unknown_camera";
    public const string UnknownType = "unknown_type";
    public const string WrongQueue = "wrong_queue";
    public const string BadData = "bad_data";
    public const string TooOften = "dequeued_too_often";
    public const string GaveUp = "gave_up";
}

/// <summary>Something that was refused for good.</summary>
/// <param name="Tenant">Proven tenant, or <see cref="NoTenant"/>.</param>
/// <param name="Queue">Queue that it came through.</param>
/// <param name="Reason">One of <see cref="DeadLetterReasons"/>.</param>
/// <param name="Detail">For people: what exactly was wrong.</param>
/// <param name="Body">The event or message as it came; kept whole up to <see cref="MaxBody"/>, which nothing that is taken exceeds.</param>
public sealed record DeadLetter(string Tenant, string Queue, string Reason, string Detail, byte[] Body)
{
    /// <summary>Tenant of messages that prove none; no tenant can have this name.</summary>
    public const string NoTenant = "-";

    /// <summary>Most bytes that are kept: twice what a staged body may have, since an event that is written again may grow by its escapes.</summary>
    public const int MaxBody = 2 * Envelope.MaxStagedBytes;

    internal const int MaxDetail = 1000;

    public Guid? Box { get; init; }

    public string? EventId { get; init; }

    public string? EventType { get; init; }

    /// <summary>Adds the insert to a batch. The same event refused twice for the same reason is one letter.</summary>
    public void Append(NpgsqlBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var insert = new NpgsqlBatchCommand(
            """
            insert into dead_letter (tenant, letter, queue, reason, detail, box, event_id, event_type, body)
            values (@tenant, @letter, @queue, @reason, @detail, @box, @event, @type, @body) on conflict do nothing
            """);
        insert.Parameters.AddWithValue("tenant", Tenant);
        insert.Parameters.AddWithValue("letter", Guid.CreateVersion7());
        insert.Parameters.AddWithValue("queue", Queue);
        insert.Parameters.AddWithValue("reason", Reason);
        insert.Parameters.AddWithValue("detail", Clean(Detail));
        insert.Parameters.AddWithValue("box", (object?)Box ?? DBNull.Value);
        insert.Parameters.AddWithValue("event", EventId is null ? DBNull.Value : Clean(EventId));
        insert.Parameters.AddWithValue("type", EventType is null ? DBNull.Value : Clean(EventType));
        insert.Parameters.AddWithValue("body", Body.Length <= MaxBody ? Body : Body[..MaxBody]);
        batch.BatchCommands.Add(insert);
    }

    // PostgreSQL text holds no NUL and no half of a surrogate pair; hostile text may, and the cut may make one.
    private static string Clean(string text) => EventRules.Clean(text, MaxDetail);
}
