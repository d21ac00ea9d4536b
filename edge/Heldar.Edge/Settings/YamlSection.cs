using System.Globalization;
using Heldar.Contracts.Events;
using YamlDotNet.RepresentationModel;

namespace Heldar.Edge.Settings;

/// <summary>
/// Reads one mapping strictly: every key that nobody asked for is a mistake, every mistake is collected with its line and reading goes on.
/// </summary>
internal sealed class YamlSection
{
    private static readonly (string Unit, long Bytes)[] Units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];
    private readonly YamlMappingNode _node;
    private readonly string _path;
    private readonly SettingsScope _scope;
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public YamlSection(YamlMappingNode node, string path, SettingsScope scope)
    {
        (_node, _path, _scope) = (node, path, scope);
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { } name }) _values[name] = value;
            else scope.Add(key, path, "a key must be a plain word");
        }
    }

    public int Line => SettingsScope.LineOf(_node);

    /// <summary>Path of a setting within this section.</summary>
    public string Name(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    /// <summary>Adds a mistake about one key of this section.</summary>
    public void Fail(string key, string message) => _scope.Add(_values.GetValueOrDefault(key) ?? _node, Name(key), message);

    public bool Has(string key)
    {
        _known.Add(key);
        return _values.ContainsKey(key);
    }

    /// <summary>A text that people and other programs are shown: 1 to <paramref name="maxLength"/> printable characters.</summary>
    public string? Label(string key, int maxLength)
    {
        if (Text(key, maxLength) is not { } text) return null;
        if (EventRules.IsText(text, maxLength)) return text;
        Fail(key, $"must be 1 to {maxLength} printable characters");
        return null;
    }

    /// <summary>A text with <c>${NAME}</c> expanded, or null when absent or wrong.</summary>
    public string? Text(string key, int maxLength = 1000)
    {
        _known.Add(key);
        if (!_values.TryGetValue(key, out var node)) return null;
        if (node is not YamlScalarNode { Value: { } raw })
        {
            Fail(key, "must be a text");
            return null;
        }

        var text = _scope.Expand(raw, out var missing);
        if (missing is not null)
        {
            Fail(key, $"environment variable {missing} is not set");
            return null;
        }

        if (text.Length <= maxLength) return text.Length == 0 ? null : text;
        Fail(key, $"is longer than {maxLength} characters");
        return null;
    }

    /// <summary>A text that must be there.</summary>
    public string Required(string key, int maxLength = 1000)
    {
        var before = _scope.Errors.Count;
        var text = Text(key, maxLength);
        if (text is null && _scope.Errors.Count == before) Fail(key, "is missing");
        return text ?? "";
    }

    public int Integer(string key, int fallback, int min, int max)
    {
        if (Text(key) is not { } text) return fallback;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
        Fail(key, $"must be a whole number from {min} to {max}");
        return fallback;
    }

    /// <summary>A size: bytes, or a number with KiB, MiB, GiB or TiB (GB and so on are decimal); null when absent or wrong.</summary>
    public long? Size(string key, long least)
    {
        if (Text(key) is not { } text) return null;
        var number = text.Trim();
        var unit = 1L;
        foreach (var (name, bytes) in Units)
        {
            if (!number.EndsWith(name, StringComparison.Ordinal)) continue;
            (number, unit) = (number[..^name.Length].TrimEnd(), bytes);
            break;
        }

        if (decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= long.MaxValue / unit
            && (long)(value * unit) is var size && size >= least)
            return size;
        Fail(key, least > 1 ? $"must be a size such as 500GiB or a number of bytes, {least} or more" : "must be a size such as 500GiB or a number of bytes");
        return null;
    }

    /// <summary>An http or https address that must be there, without credentials or query; null when it is missing or wrong.</summary>
    public Uri? HttpAddress(string key)
    {
        var text = Required(key);
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Query.Length == 0) return url;
        if (text.Length > 0) Fail(key, "must be an http or https address without credentials or query");
        return null;
    }

    public bool Flag(string key, bool fallback)
    {
        switch (Text(key))
        {
            case null: return fallback;
            case "true": return true;
            case "false": return false;
            default:
                Fail(key, "must be true or false");
                return fallback;
        }
    }

    /// <summary>One of a few words.</summary>
    public string Choice(string key, string fallback, params ReadOnlySpan<string> allowed)
    {
        if (Text(key) is not { } text) return fallback;
        if (allowed.Contains(text)) return text;
        Fail(key, $"must be one of: {string.Join(", ", allowed.ToArray())}");
        return fallback;
    }

    public YamlSection? Section(string key)
    {
        _known.Add(key);
        if (!_values.TryGetValue(key, out var node)) return null;
        if (node is YamlMappingNode mapping) return new YamlSection(mapping, Name(key), _scope);
        Fail(key, "must be a section with settings below it");
        return null;
    }

    /// <summary>The sections of a list; empty when absent.</summary>
    public IReadOnlyList<YamlSection> List(string key)
    {
        _known.Add(key);
        if (!_values.TryGetValue(key, out var node) || node is YamlScalarNode { Value: null or "" }) return [];
        if (node is not YamlSequenceNode sequence)
        {
            Fail(key, "must be a list");
            return [];
        }

        var sections = new List<YamlSection>();
        for (var i = 0; i < sequence.Children.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{Name(key)}[{i}]");
            if (sequence.Children[i] is YamlMappingNode mapping) sections.Add(new YamlSection(mapping, path, _scope));
            else _scope.Add(sequence.Children[i], path, "must be a section with settings below it");
        }

        return sections;
    }

    /// <summary>The texts of a list, each at least one character; null when absent. A mistake leaves its text out.</summary>
    public IReadOnlyList<string>? Texts(string key, int most, int maxLength)
    {
        _known.Add(key);
        if (!_values.TryGetValue(key, out var node)) return null;
        if (node is not YamlSequenceNode sequence || sequence.Children.Count > most)
        {
            Fail(key, $"must be a list of at most {most} texts");
            return null;
        }

        var texts = new List<string>();
        foreach (var child in sequence.Children)
        {
            string? missing = null;
            var text = child is YamlScalarNode { Value: { } raw } ? _scope.Expand(raw, out missing) : null;
            if (missing is not null) _scope.Add(child, Name(key), $"environment variable {missing} is not set");
            else if (text is not { Length: > 0 } || text.Length > maxLength) _scope.Add(child, Name(key), $"each must be a text of 1 to {maxLength} characters");
            else texts.Add(text);
        }

        return texts;
    }

    /// <summary>Reports every key that nobody asked for.</summary>
    public void RefuseUnknown()
    {
        foreach (var (key, node) in _node.Children)
        {
            if (key is not YamlScalarNode { Value: { } name } || _known.Contains(name)) continue;
            _scope.Add(key, Name(name.Length <= 60 ? name : name[..60]), $"is not a setting; this section knows: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
    }
}
