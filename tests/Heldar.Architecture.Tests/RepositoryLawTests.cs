using System.Text.RegularExpressions;

namespace Heldar.Architecture.Tests;

/// <summary>Laws for every file of the tree.</summary>
public sealed class RepositoryLawTests
{
    private const int LongFile = 400;

    private static readonly string[] Code = [".cs", ".ts", ".tsx", ".py"];

    [Fact]
    public void Files_OverFourHundredLines_AreListedWithAReason()
    {
        var listed = File.ReadLines(Path.Combine(Repository.Root, "tests/Heldar.Architecture.Tests/LongFiles.txt"))
            .Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => l.Split(' ', 2))
            .ToDictionary(p => p[0], p => p.Length > 1 ? p[1].Trim() : "", StringComparer.Ordinal);
        var actual = Repository.Files("", Code).Where(f => File.ReadLines(f).Count() > LongFile).Select(Repository.Relative).ToHashSet(StringComparer.Ordinal);

        var unlisted = actual.Where(f => !listed.TryGetValue(f, out var reason) || reason.Length < 10).ToList();
        var stale = listed.Keys.Where(f => !actual.Contains(f)).ToList();

        Assert.Empty(unlisted);
        Assert.Empty(stale);
    }

    [Theory]
    [InlineData(@"#nullable\s+disable")]
    [InlineData(@"^\s*#region")]
    [InlineData(@"\bTODO\b|\bFIXME\b|\bHACK\b")]
    [InlineData(@"NotImplementedException")]
    [InlineData(@"Skip\s*=\s*""""")]
    [InlineData(@"async\s+void")]
    public void Code_HasNoForbiddenText(string pattern)
    {
        var hits = Repository.Files("", Code)
            .Where(f => !Repository.Relative(f).StartsWith("tests/Heldar.Architecture.Tests/", StringComparison.Ordinal))
            .Where(f => Matches(pattern, File.ReadAllText(f)))
            .Select(Repository.Relative);

        Assert.Empty(hits);
    }

    [Theory]
    [InlineData(@"#nullable\s+disable", "#nullable disable")]
    [InlineData(@"^\s*#region", "x\n  #region old")]
    [InlineData(@"async\s+void", "public async void Go()")]
    public void Code_ForbiddenText_IsFound_WhenPresent(string pattern, string sample) => Assert.True(Matches(pattern, sample));

    [Fact]
    public void Folders_AreNotDumpingGrounds()
    {
        string[] banned = ["Utils", "Util", "Helpers", "Helper", "Common", "Manager", "Managers", "Misc", "Shared"];
        var hits = Repository.Files("", ".cs").Select(f => Path.GetDirectoryName(Repository.Relative(f))!.Split('/'))
            .Where(parts => parts.Any(banned.Contains)).Select(p => string.Join('/', p)).Distinct();

        Assert.Empty(hits);
    }

    [Fact]
    public void LockFiles_NameNoHost()
    {
        var locks = Repository.Files("", "package-lock.json").ToList();

        Assert.NotEmpty(locks);
        Assert.Empty(locks.Where(f => File.ReadAllText(f).Contains("\"resolved\"", StringComparison.Ordinal)).Select(Repository.Relative));
    }

    [Fact]
    public void Packages_ArePinnedExactly()
    {
        var versions = Regex.Matches(Repository.Read("Directory.Packages.props"), "PackageVersion Include=\"[^\"]+\" Version=\"([^\"]+)\"", RegexOptions.None, TimeSpan.FromSeconds(5));

        Assert.NotEmpty(versions);
        Assert.All(versions, v => Assert.Matches(@"^\d+\.\d+\.\d+(\.\d+)?$", v.Groups[1].Value));
        Assert.Empty(Repository.Files("", ".csproj").Where(f => Matches("PackageReference[^>]+Version=", File.ReadAllText(f))).Select(Repository.Relative));
    }

    private static bool Matches(string pattern, string text) => Regex.IsMatch(text, pattern, RegexOptions.Multiline, TimeSpan.FromSeconds(5));
}
