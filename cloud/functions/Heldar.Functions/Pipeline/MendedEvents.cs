using System.Text.Json;
using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Contracts;
using Heldar.Contracts.Events;

namespace Heldar.Functions.Pipeline;

/// <summary>
/// Makes a letter's event a batch of one, of the box whose signature it came with first. The cloud's signature stands for the box's; every other check is the
/// handler's own: a mended event may say nothing that its box may not say.
/// </summary>
internal static class MendedEvents
{
    /// <summary>Throws <see cref="RefusedException"/> when the letter holds no event or its box is gone.</summary>
    public static VerifiedBatch AsBatch(RedrivenLetter letter)
    {
        if (letter.Box is not { } id || letter.Site is null) throw new RefusedException(DeadLetterReasons.UnknownKey, "the box is not registered any more");
        var one = Read(letter.Body);
        var box = new BoxRecord(letter.Tenant, id, letter.Site);
        var type = TypeOf(one);
        var envelope = new Envelope { Tenant = letter.Tenant, Box = id, KeyId = "", Class = type.Class, Epoch = letter.Letter.ToString("N"), BatchSeq = letter.Round, Sig = "" };
        return new(box, envelope, new BatchBody { Tenant = letter.Tenant, Box = id, Class = type.Class, Epoch = envelope.Epoch, BatchSeq = letter.Round, Events = [one] });
    }

    /// <summary>Unsharded queue whose handler applies a letter. Throws <see cref="RefusedException"/> when no handler does.</summary>
    public static string QueueOf(RedrivenLetter letter)
    {
        if (letter.IsEvent) return TypeOf(Read(letter.Body)).Queue;
        var queue = RedrivenLetter.WorkQueue(letter.Queue);
        return queue.LastIndexOf('-') is > 0 and var cut ? queue[..cut] : queue;
    }

    private static EventType TypeOf(CloudEvent one) =>
        EventTypes.TryGet(one.Type, out var type) ? type : throw new RefusedException(DeadLetterReasons.UnknownType, "no such event type is known");

    private static CloudEvent Read(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<CloudEvent>(body, HeldarJson.Options) ?? throw new JsonException("an event must be a JSON object");
        }
        catch (JsonException wrong)
        {
            throw new RefusedException(DeadLetterReasons.BadData, wrong.Message);
        }
    }
}
