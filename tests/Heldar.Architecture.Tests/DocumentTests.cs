using System.Text.RegularExpressions;
using Heldar.Contracts.Events;

namespace Heldar.Architecture.Tests;

/// <summary>Documents say what the code says.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void EventTypeTable_EqualsTheCode()
    {
        var rows = Regex.Matches(Repository.Read("ARCHITECTURE.md"), @"^\| `(?<type>heldar\.[^`]+)` \| (?<class>\w+) \| (?<queue>\w+) \| (?<handler>\w+) \|$", RegexOptions.Multiline, TimeSpan.FromSeconds(5))
            .Select(m => (m.Groups["type"].Value, m.Groups["class"].Value, m.Groups["queue"].Value, m.Groups["handler"].Value));

        Assert.Equal(EventTypes.All.Select(t => (t.Type, t.Class.ToString().ToLowerInvariant(), t.Queue, t.Handler)), rows);
    }

    [Fact]
    public void EventTypes_ThatNoBoxSends_AreThoseThatTheDocumentNames()
    {
        var sent = Repository.Files("edge/Heldar.Edge", ".cs").SelectMany(f => Regex.Matches(File.ReadAllText(f), @"\bEventTypes\.(?<name>\w+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var unsent = typeof(EventTypes).GetFields().Where(f => f.IsLiteral && !sent.Contains(f.Name)).Select(f => (string)f.GetRawConstantValue()!);

        Assert.Equal(unsent.Order(StringComparer.Ordinal), Listed(@"^No box sends yet: (?<list>.*)\.$").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryEventType_HasItsHandler()
    {
        Assert.All(EventTypes.All.Select(t => t.Handler).Distinct(), h => Assert.True(Directory.Exists(Path.Combine(Repository.Root, "cloud/functions/Heldar.Functions", h)), h));
    }

    [Fact]
    public void Links_PointToFilesThatExist()
    {
        List<string> broken = [];
        foreach (var document in Repository.Files("", ".md"))
        {
            foreach (Match link in Regex.Matches(File.ReadAllText(document), @"\]\((?<target>[^)#:\s]+)(#[^)]*)?\)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)))
            {
                var target = Path.Combine(Path.GetDirectoryName(document)!, link.Groups["target"].Value);
                if (!File.Exists(target) && !Directory.Exists(target)) broken.Add($"{Repository.Relative(document)} → {link.Groups["target"].Value}");
            }
        }

        Assert.Empty(broken);
    }

    private static IEnumerable<string> Listed(string line)
    {
        var found = Regex.Match(Repository.Read("ARCHITECTURE.md"), line, RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));
        Assert.True(found.Success, $"ARCHITECTURE.md has no line {line}");
        return found.Groups["list"].Value.Split(", ").Select(t => t.Trim('`'));
    }

    [Fact]
    public void Readme_NamesOnlyCommandsThatExist()
    {
        var program = Repository.Read("infra/local/Heldar.Local/Program.cs");
        var commands = Regex.Matches(Repository.Read("README.md"), @"\./heldar (?<verb>[a-z-]+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Select(m => m.Groups["verb"].Value).Distinct().ToList();

        Assert.NotEmpty(commands);
        Assert.All(commands, verb => Assert.Contains(string.Concat(verb.Split('-').Select(w => char.ToUpperInvariant(w[0]) + w[1..])) + "Command.Create()", program, StringComparison.Ordinal));
    }
}
