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

    [Fact]
    public void Readme_NamesOnlyCommandsThatExist()
    {
        var program = Repository.Read("infra/local/Heldar.Local/Program.cs");
        var commands = Regex.Matches(Repository.Read("README.md"), @"\./heldar (?<verb>[a-z-]+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Select(m => m.Groups["verb"].Value).Distinct().ToList();

        Assert.NotEmpty(commands);
        Assert.All(commands, verb => Assert.Contains(string.Concat(verb.Split('-').Select(w => char.ToUpperInvariant(w[0]) + w[1..])) + "Command.Create()", program, StringComparison.Ordinal));
    }
}
