using System.Collections;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;

namespace Heldar.Functions.Pipeline;

/// <summary>
/// What log lines say of the message that they are about: shard, queue, box, delivery and the ids of its events. The message is read only when a line is written, and
/// what it says is not proven. Used by one handler at a time.
/// </summary>
internal sealed class MessageScope(string shard, QueueMessage message) : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>Most events that are named.</summary>
    public const int MaxEvents = 32;

    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = HeldarJson.MaxDepth };

    private List<KeyValuePair<string, object?>>? _words;

    public int Count => Words.Count;

    public KeyValuePair<string, object?> this[int index] => Words[index];

    private List<KeyValuePair<string, object?>> Words => _words ??= Read();

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Words.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(' ', Words.Select(w => $"{w.Key}:{w.Value}"));

    private List<KeyValuePair<string, object?>> Read()
    {
        List<KeyValuePair<string, object?>> words = [new("Shard", shard), new("Queue", message.Queue), new("Message", message.Id)];
        try
        {
            Read(message.Body, words);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // Nothing can be said of it; why is the handler's to say.
        }

        return words;
    }

    private static void Read(ReadOnlyMemory<byte> body, List<KeyValuePair<string, object?>> words)
    {
        using var json = JsonDocument.Parse(body, Limits);
        var root = json.RootElement;
        if (root.ValueKind != JsonValueKind.Object) return;
        foreach (var (name, property) in new[] { ("Box", "box"), ("Delivery", "delivery") })
            if (Text(root, property) is { } text) words.Add(new(name, text));
        if (root.TryGetProperty("events", out var events) && events.ValueKind == JsonValueKind.Array)
        {
            var ids = events.EnumerateArray().Take(MaxEvents).Select(e => e.ValueKind == JsonValueKind.Object ? Text(e, "id") : null).OfType<string>();
            words.Add(new("Events", string.Join(' ', ids) + (events.GetArrayLength() > MaxEvents ? " …" : "")));
        }
        else if (root.TryGetProperty("body", out var inner) && inner.ValueKind == JsonValueKind.String)
        {
            var batch = new List<KeyValuePair<string, object?>>();
            Read(BatchBody.Bytes(inner.GetString()!), batch);
            words.AddRange(batch.Where(w => w.Key == "Events"));
        }
    }

    /// <summary>What others wrote, as a line of a log may hold it: short, and one line whatever it says.</summary>
    public static string Line(string text) => EventRules.Clean(text, 300).Replace('\n', ' ').Replace('\t', ' ');

    private static string? Text(JsonElement one, string property) =>
        one.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? Line(value.GetString()!) : null;
}
