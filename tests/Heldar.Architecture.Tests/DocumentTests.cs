using System.Text.RegularExpressions;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;

namespace Heldar.Architecture.Tests;

/// <summary>Documents say what the code says.</summary>
public sealed class DocumentTests
{
    private const string Guide = "docs/operations.md";

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
    public void OperationsGuide_NamesEveryCause_AndNoOther()
    {
        var told = Words("cloud/fleet/Heldar.Fleet/Operation/HealthRules.cs", """(?:Bad|Warn|causes\.Add\(new)\("(?<word>[a-z_]+)",""");
        var named = Regex.Matches(Repository.Read(Guide), "^\\| (?<codes>`[a-z_`, ]+`) \\|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))
            .SelectMany(m => m.Groups["codes"].Value.Split(", ")).Select(c => c.Trim('`'));

        Assert.NotEmpty(told);
        Assert.Equal(told.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        Assert.All(told, code => Assert.Contains($"  {code}: ", Repository.Read("cloud/fleet/portal/src/operation/words.ts"), StringComparison.Ordinal));
    }

    [Fact]
    public void OperationsGuide_NamesOnlyCommandsSettingsAndSectionsThatExist()
    {
        var fleet = Words("cloud/fleet/Heldar.Fleet/Commands", """(?:Command|Sub)\("(?<word>[a-z-]+)",""");
        var edge = Words("edge/Heldar.Edge", """(?:Command|new)\("(?<word>[a-z-]+)", \$?"[A-Z]""");
        var settings = Words("cloud/fleet/Heldar.Fleet/Settings", "\"(?<word>HELDAR_[A-Z_]+)\"").Concat(Words("cloud/functions/Heldar.Functions/Settings", "\"(?<word>HELDAR_[A-Z_]+)\"")).Append(QueueNames.ShardVariable);
        var sections = Words(Guide, "^## (?<word>.+)$").Select(s => s.ToLowerInvariant().Replace(' ', '-').Replace("'", "", StringComparison.Ordinal));

        Assert.Empty(Words(Guide, "heldar-fleet (?:index )?(?<word>[a-z-]+)").Except(fleet));
        Assert.Empty(Words(Guide, "heldar-edge (?<word>[a-z-]+) --").Except(edge));
        Assert.Empty(Words(Guide, "`(?<word>HELDAR_[A-Z_]+)`").Except(settings));
        Assert.Empty(Words(Guide, "\\(#(?<word>[a-z0-9-]+)\\)").Except(sections));
    }

    /// <summary>What a pattern finds in a file, or in all code of a folder; each once.</summary>
    private static List<string> Words(string path, string pattern)
    {
        var files = path.Contains('.', StringComparison.Ordinal) && File.Exists(Path.Combine(Repository.Root, path)) ? [Path.Combine(Repository.Root, path)] : Repository.Files(path, ".cs");
        return [.. files.SelectMany(f => Regex.Matches(File.ReadAllText(f), pattern, RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))).Select(m => m.Groups["word"].Value).Distinct(StringComparer.Ordinal)];
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData(Guide)]
    public void Documents_NameOnlyCommandsThatExist(string document)
    {
        var program = Repository.Read("infra/local/Heldar.Local/Program.cs");
        var commands = Regex.Matches(Repository.Read(document), @"\./heldar (?<verb>[a-z-]+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Select(m => m.Groups["verb"].Value).Distinct().ToList();

        Assert.NotEmpty(commands);
        Assert.All(commands, verb => Assert.Contains(string.Concat(verb.Split('-').Select(w => char.ToUpperInvariant(w[0]) + w[1..])) + "Command.Create()", program, StringComparison.Ordinal));
    }
}
