using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Heldar.Edge.Api;

namespace Heldar.Edge.RuntimeSettings;

/// <summary>
/// The settings of one room as an immutable record: what <c>heldar.yaml</c> says, with what people changed in front of it. Thread-safe to read; changed
/// by <see cref="SettingsBook"/> alone, one change at a time.
/// </summary>
/// <typeparam name="T">A record whose properties have snake_case names in the API.</typeparam>
internal sealed class SettingsGroup<T> : ISettingsGroup
    where T : class
{
    private static readonly JsonSerializerOptions Strict = new(BoxJson.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        NumberHandling = JsonNumberHandling.Strict,
    };

    private readonly T _file;
    private readonly Func<T, IEnumerable<string>> _mistakes;
    private readonly Action<T>? _apply;
    private volatile State _state;

    /// <param name="name">The room's word.</param>
    /// <param name="file">What <c>heldar.yaml</c> says.</param>
    /// <param name="mistakes">Every mistake of a value, each beginning with the setting's name.</param>
    /// <param name="apply">Called after each change with the new value; for rooms that do not read <see cref="Current"/>.</param>
    public SettingsGroup(string name, T file, Func<T, IEnumerable<string>> mistakes, Action<T>? apply = null)
    {
        (Name, _file, _mistakes, _apply) = (name, file, mistakes, apply);
        _state = new State(file, []);
    }

    public string Name { get; }

    public IReadOnlyCollection<string> NeedRestart { get; init; } = [];

    /// <summary>What holds now.</summary>
    public T Current => _state.Value;

    public JsonObject Changed => _state.Changed.DeepClone().AsObject();

    public JsonObject Show() => ToJson(Current);

    public SettingsChange? Check(JsonObject change, ICollection<string> problems)
    {
        var (before, changed, file) = (Show(), Changed, ToJson(_file));
        var wrong = problems.Count;
        foreach (var (member, value) in change)
        {
            if (!file.ContainsKey(member)) problems.Add($"{Name}.{Shorten(member)} is not a setting; this group knows: {string.Join(", ", file.Select(f => f.Key))}");
            else if (value is null) changed.Remove(member);
            else if (!Fits(member, value)) problems.Add($"{Name}.{member} is of another kind than {Kind(member)}");
            else changed[member] = value.DeepClone();
        }

        if (problems.Count > wrong) return null;
        foreach (var (member, value) in changed) file[member] = value?.DeepClone();
        if (Read(file) is not { } next)
        {
            problems.Add($"{Name} cannot be read");
            return null;
        }

        foreach (var mistake in _mistakes(next)) problems.Add($"{Name}.{mistake}");
        if (problems.Count > wrong) return null;
        var after = ToJson(next);
        return new SettingsChange(changed, () => Put(next, changed), [.. after.Where(m => !JsonNode.DeepEquals(m.Value, before[m.Key])).Select(m => m.Key)]);
    }

    private void Put(T next, JsonObject changed)
    {
        _state = new State(next, changed);
        _apply?.Invoke(next);
    }

    private static JsonObject ToJson(T value) => JsonSerializer.SerializeToNode(value, Strict)!.AsObject();

    private static T? Read(JsonObject json)
    {
        try
        {
            return json.Deserialize<T>(Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether the value alone can be read into its property.</summary>
    private bool Fits(string member, JsonNode value)
    {
        var probe = ToJson(_file);
        probe[member] = value.DeepClone();
        return Read(probe) is not null;
    }

    private static string Kind(string member)
    {
        var property = typeof(T).GetProperties().First(p => BoxJson.Options.PropertyNamingPolicy!.ConvertName(p.Name) == member);
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type).Select(BoxJson.Options.PropertyNamingPolicy!.ConvertName))
            : type == typeof(bool) ? "true or false"
            : type == typeof(string) ? "a text"
            : "a whole number";
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60];

    private sealed record State(T Value, JsonObject Changed);
}
