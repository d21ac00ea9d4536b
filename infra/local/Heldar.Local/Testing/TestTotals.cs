using System.Globalization;
using System.Text.RegularExpressions;

namespace Heldar.Local.Testing;

/// <summary>Counts of a test run.</summary>
internal readonly record struct TestTotals(int Passed, int Failed, int Skipped)
{
    public static TestTotals operator +(TestTotals a, TestTotals b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    /// <summary>The closing line, for people and for CI.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Passed} passed, {Failed} failed, {Skipped} skipped");
}

/// <summary>Reads the totals that test runners print last.</summary>
internal static partial class TestOutput
{
    /// <summary>The totals of xunit v3's own runner, or null when its summary is not there (it crashed).</summary>
    public static TestTotals? OfXunit(string output)
    {
        var matches = XunitSummary().Matches(output);
        if (matches.Count == 0) return null;
        var groups = matches[^1].Groups;
        int total = Number(groups["total"]), failed = Number(groups["failed"]) + Number(groups["errors"]), skipped = Number(groups["skipped"]) + Number(groups["notrun"]);
        return new(Math.Max(0, total - Number(groups["failed"]) - skipped), failed, skipped);
    }

    /// <summary>The totals of Vitest's default reporter, or null.</summary>
    public static TestTotals? OfVitest(string output)
    {
        var plain = Colours().Replace(output, "");
        var line = VitestSummary().Matches(plain);
        if (line.Count == 0) return null;
        var text = line[^1].Value;
        return new(Count(text, "passed"), Count(text, "failed"), Count(text, "skipped") + Count(text, "todo"));
    }

    private static int Count(string text, string word)
    {
        var match = Regex.Match(text, $@"(?<n>\d+) {word}", RegexOptions.None, TimeSpan.FromSeconds(1));
        return match.Success ? Number(match.Groups["n"]) : 0;
    }

    private static int Number(Group group) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"Total: (?<total>\d+), Errors: (?<errors>\d+), Failed: (?<failed>\d+), Skipped: (?<skipped>\d+)(, Not Run: (?<notrun>\d+))?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex XunitSummary();

    [GeneratedRegex(@"^\s*Tests\s+.*\d+ (passed|failed|skipped).*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VitestSummary();

    [GeneratedRegex("\u001b\\[[0-9;]*m", RegexOptions.None, 1000)]
    private static partial Regex Colours();
}
