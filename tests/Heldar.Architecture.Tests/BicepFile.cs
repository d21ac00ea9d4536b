using System.Text;
using System.Text.RegularExpressions;

namespace Heldar.Architecture.Tests;

/// <summary>A parameter of a Bicep file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Described">Whether it says what it is.</param>
/// <param name="Secure">Whether it is kept out of logs and of the deployment's history.</param>
/// <param name="Required">Whether it has no default.</param>
internal sealed record BicepParameter(string Name, bool Described, bool Secure, bool Required);

/// <summary>A use of another file.</summary>
internal sealed record BicepModule(string Name, string File, IReadOnlyList<string> Parameters);

/// <summary>
/// As much of a Bicep file as shape tests need. Code is the text with comments and the fixed parts of strings blanked out, so that a word in a sentence is no use of
/// a parameter; literals are those fixed parts.
/// </summary>
internal sealed class BicepFile
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly StringBuilder _code = new();
    private readonly List<string> _literals = [];
    private readonly Stack<(char Opening, bool InString)> _open = new();
    private readonly StringBuilder _literal = new();
    private bool _inString;

    private BicepFile(string name, string text)
    {
        (Name, Text) = (name, text);
        for (var i = 0; i < text.Length; i++) i = Read(i);
        if (_inString) Fault ??= "a string does not end";
        if (_open.Count > 0) Fault ??= $"'{_open.Peek().Opening}' is never closed";
        Code = _code.ToString();
    }

    public string Name { get; }

    public string Text { get; }

    public string Code { get; }

    /// <summary>What is wrong with quotes and brackets; null when they match.</summary>
    public string? Fault { get; private set; }

    public IReadOnlyList<string> Literals => _literals;

    public IReadOnlyList<BicepParameter> Parameters => [.. Found(@"(?<decorators>(^@.*\n)*)^param +(?<name>\w+) +\w+(?<default> *=)?", Text).Select(m => new BicepParameter(
        m.Groups["name"].Value,
        m.Groups["decorators"].Value.Contains("@description('", StringComparison.Ordinal),
        m.Groups["decorators"].Value.Contains("@secure()", StringComparison.Ordinal),
        !m.Groups["default"].Success))];

    public IReadOnlyList<(string Name, string Value)> Outputs => [.. Found(@"^output +(?<name>\w+) +\w+ *= *(?<value>.*)$", Text).Select(m => (m.Groups["name"].Value, m.Groups["value"].Value))];

    public IReadOnlyList<(string Type, string Version)> Resources => [.. Found(@"^resource +\w+ +'(?<type>[^@']+)@?(?<version>[^']*)'", Text).Select(m => (m.Groups["type"].Value, m.Groups["version"].Value))];

    public IReadOnlyList<BicepModule> Modules => [.. Found(@"^module +(?<name>\w+) +'(?<file>[^']+)'[^\n]*\n(?<body>(  .*\n)*)\}", Text).Select(m => new BicepModule(
        m.Groups["name"].Value,
        m.Groups["file"].Value,
        [.. Found(@"^    (?<name>\w+):", m.Groups["body"].Value).Select(p => p.Groups["name"].Value)]))];

    /// <summary>How often a parameter is used as a value; the name before a colon is a key, but for a loop's.</summary>
    public int Uses(string parameter) => Regex.Count(Code, $@"(?<=\bin +){parameter}\b|(?<!\bparam +)(?<!\.)\b{parameter}\b(?! *:)", RegexOptions.None, Patience);

    public static BicepFile Parse(string name, string text) => new(name, text);

    public static IReadOnlyList<BicepFile> All(string ending) => [.. Repository.Files("infra/bicep", ending).Order(StringComparer.Ordinal).Select(f => Parse(Path.GetFileName(f), File.ReadAllText(f)))];

    public static IEnumerable<Match> Found(string pattern, string text) => Regex.Matches(text, pattern, RegexOptions.Multiline | RegexOptions.ExplicitCapture, Patience);

    private int Read(int i)
    {
        var c = Text[i];
        if (_inString) return ReadString(i);
        if (c == '/' && i + 1 < Text.Length && Text[i + 1] == '/')
        {
            while (i + 1 < Text.Length && Text[i + 1] != '\n') i++;
            return i;
        }

        if (c == '\'') _inString = true;
        if (c is '{' or '[' or '(') _open.Push((c, false));
        if (c is '}' or ']' or ')') Close(c);
        _code.Append(c);
        return i;
    }

    private int ReadString(int i)
    {
        var c = Text[i];
        if (c == '\\')
        {
            _literal.Append(c).Append(Text[i + 1]);
            return i + 1;
        }

        if (c == '$' && i + 1 < Text.Length && Text[i + 1] == '{')
        {
            _open.Push(('{', true));
            _literal.Append('\u0001');
            _code.Append("${");
            _inString = false;
            return i + 1;
        }

        if (c == '\n') Fault ??= "a string goes over the end of its line";
        if (c != '\'') _literal.Append(c);
        else EndString();
        return i;
    }

    private void EndString()
    {
        _literals.Add(_literal.ToString());
        _literal.Clear();
        _code.Append('\'');
        _inString = false;
    }

    private void Close(char c)
    {
        if (_open.Count == 0 || (_open.Peek().Opening, c) is not (('{', '}') or ('[', ']') or ('(', ')')))
        {
            Fault ??= $"'{c}' closes nothing";
            return;
        }

        _inString = _open.Pop().InString;
    }
}
