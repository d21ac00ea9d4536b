using System.Globalization;
using System.Text.Json;

namespace Heldar.Fleet.DeadLetters;

/// <summary>What differs between two JSON texts, by path: <c>data.cameras[2].name</c>. Order of members and white space say nothing.</summary>
internal static class JsonDiff
{
    /// <summary>Most differences that are listed.</summary>
    public const int Most = 200;

    /// <summary>Characters of a value that are shown.</summary>
    private const int MaxText = 4096;

    private const int MaxDepth = 64;

    /// <summary>The differences, in the order of the first text. A text that is no JSON is one difference as a whole.</summary>
    public static IReadOnlyList<JsonChange> Compare(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after)
    {
        if (before.Span.SequenceEqual(after.Span)) return [];
        List<JsonChange> changes = [];
        var options = new JsonDocumentOptions { MaxDepth = MaxDepth };
        try
        {
            using var first = JsonDocument.Parse(before, options);
            using var second = JsonDocument.Parse(after, options);
            Compare("", first.RootElement, second.RootElement, changes);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // No JSON, or a name in it that is no text.
            changes = [new("", LetterText.Visible(before.Span), LetterText.Visible(after.Span))];
        }

        return changes;
    }

    private static void Compare(string path, JsonElement before, JsonElement after, List<JsonChange> changes)
    {
        if (changes.Count >= Most) return;
        if (before.ValueKind == JsonValueKind.Object && after.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in before.EnumerateObject())
            {
                if (after.TryGetProperty(member.Name, out var other)) Compare(Join(path, member.Name), member.Value, other, changes);
                else Add(Join(path, member.Name), Text(member.Value), null, changes);
            }

            foreach (var member in after.EnumerateObject().Where(m => !before.TryGetProperty(m.Name, out _))) Add(Join(path, member.Name), null, Text(member.Value), changes);
        }
        else if (before.ValueKind == JsonValueKind.Array && after.ValueKind == JsonValueKind.Array)
        {
            for (var i = 0; i < Math.Max(before.GetArrayLength(), after.GetArrayLength()); i++)
            {
                var at = string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]");
                if (i >= before.GetArrayLength()) Add(at, null, Text(after[i]), changes);
                else if (i >= after.GetArrayLength()) Add(at, Text(before[i]), null, changes);
                else Compare(at, before[i], after[i], changes);
            }
        }
        else if (before.GetRawText() != after.GetRawText())
        {
            Add(path, Text(before), Text(after), changes);
        }
    }

    private static void Add(string path, string? before, string? after, List<JsonChange> changes)
    {
        if (changes.Count < Most) changes.Add(new(path, before, after));
    }

    private static string Join(string path, string name) => path.Length == 0 ? LetterText.Visible(name) : $"{path}.{LetterText.Visible(name)}";

    private static string Text(JsonElement value)
    {
        var raw = value.GetRawText();
        return raw.Length <= MaxText ? LetterText.Visible(raw) : LetterText.Visible(raw[..MaxText]) + "…";
    }
}
