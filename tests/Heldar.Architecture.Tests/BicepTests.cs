using System.Text.RegularExpressions;
using Heldar.Contracts.Queues;

namespace Heldar.Architecture.Tests;

/// <summary>The shape of the Bicep templates, which no compiler sees in these checks.</summary>
public sealed class BicepTests
{
    /// <summary>The only rights that a template may give, by id. Each is the least that its holder can work with.</summary>
    private static readonly Dictionary<string, string> LeastRoles = new(StringComparer.Ordinal)
    {
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["ba92f5b4-2d11-453d-a403-e96b0029c9fe"] = "Storage Blob Data Contributor",
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["4633458b-17de-408a-b874-0445c86b69e6"] = "Key Vault Secrets User",
        ["7f951dda-4ed3-4680-a7ca-43fe172d538d"] = "AcrPull",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
    };

    private static readonly IReadOnlyList<BicepFile> Files = BicepFile.All(".bicep");

    private static BicepFile Main => Files.Single(f => f.Name == "main.bicep");

    [Fact]
    public void Templates_HaveMatchingQuotesAndBrackets()
    {
        Assert.True(Files.Count >= 10, "the templates were not found");
        Assert.All(Files.Concat(BicepFile.All(".bicepparam")), f => Assert.True(f.Fault is null, $"{f.Name}: {f.Fault}"));
    }

    [Theory]
    [InlineData("var a = { b: [ 1 ] }", true)]
    [InlineData("var a = 'x${b[0]}y' // it's }", true)]
    [InlineData("var a = { b: [ 1 }", false)]
    [InlineData("var a = 'x${b[0}y'", false)]
    [InlineData("var a = 'x\nvar b = 'y'", false)]
    public void Templates_BracketCheckBites(string text, bool right) => Assert.Equal(right, BicepFile.Parse("x", text).Fault is null);

    [Fact]
    public void Parameters_AreDescribedAndUsed()
    {
        Assert.All(Files.SelectMany(f => f.Parameters, (f, p) => (f, p)), both =>
        {
            Assert.True(both.p.Described, $"{both.f.Name}: {both.p.Name} has no description");
            Assert.True(both.f.Uses(both.p.Name) > 0, $"{both.f.Name}: {both.p.Name} is not used");
        });
    }

    [Fact]
    public void Parameters_UseCheckBites()
    {
        var file = BicepFile.Parse("x", "@description('the used one')\nparam used string\nparam idle string\nvar a = { idle: '${used}', b: 'idle' } // idle\nvar b = [for x in used: x]\n");

        Assert.Equal<BicepParameter>([new("used", true, false, true), new("idle", false, false, true)], file.Parameters);
        Assert.Equal((2, 0), (file.Uses("used"), file.Uses("idle")));
    }

    [Fact]
    public void Modules_AreAllReferencedWithWhatTheyAskFor()
    {
        Assert.Equal(Files.Select(f => f.Name).Where(n => n != "main.bicep").Order(StringComparer.Ordinal), Main.Modules.Select(m => m.File).Order(StringComparer.Ordinal));
        Assert.All(Main.Modules, module =>
        {
            var asked = Files.Single(f => f.Name == module.File).Parameters;
            Assert.Empty(module.Parameters.Except(asked.Select(p => p.Name), StringComparer.Ordinal).Select(p => $"{module.File} has no parameter {p}"));
            Assert.Empty(asked.Where(p => p.Required && !module.Parameters.Contains(p.Name)).Select(p => $"{module.File} is not given {p.Name}"));
        });
    }

    [Fact]
    public void Outputs_ThatMainReads_Exist()
    {
        var read = BicepFile.Found(@"\b(?<module>\w+)(\[\w+\])?\.outputs\.(?<output>\w+)", Main.Code).Select(m => (Module: m.Groups["module"].Value, Output: m.Groups["output"].Value)).Distinct().ToList();

        Assert.True(read.Count > 10);
        Assert.All(read, r => Assert.Contains(r.Output, Files.Single(f => f.Name == Main.Modules.Single(m => m.Name == r.Module).File).Outputs.Select(o => o.Name)));
    }

    [Fact]
    public void Outputs_AreNoSecrets()
    {
        Assert.Empty(Files.SelectMany(f => SecretOutputs(f).Select(o => $"{f.Name}: {o}")));
        Assert.Equal(["a", "b", "c"], SecretOutputs(BicepFile.Parse("x", "@secure()\nparam word string\noutput a string = word\noutput b string = 'k=${account.listKeys().keys[0].value}'\noutput c string = insights.properties.ConnectionString\noutput d string = account.name\n")));
    }

    [Fact]
    public void Texts_AreNoSecrets()
    {
        Assert.Empty(Files.Concat(BicepFile.All(".bicepparam")).SelectMany(f => SecretTexts(f).Select(t => $"{f.Name}: {t}")));
        Assert.Equal(2, SecretTexts(BicepFile.Parse("x", "var a = 'Host=x;Password=hunter2'\nvar b = 'AccountKey=${key}'\nvar c = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2U'\n")).Count());
    }

    [Fact]
    public void Resources_HaveOneDatedVersionPerType()
    {
        var resources = Files.SelectMany(f => f.Resources).Distinct().ToList();

        Assert.True(resources.Count > 20);
        Assert.All(resources, r => Assert.Matches(r.Type == "Microsoft.Insights/diagnosticSettings" ? @"^20\d\d-\d\d-\d\d-preview$" : @"^20\d\d-\d\d-\d\d$", r.Version));
        Assert.All(resources.GroupBy(r => r.Type, StringComparer.Ordinal), type => Assert.Single(type));
    }

    [Fact]
    public void Roles_AreTheLeast_NamedAndScopedToOneResource()
    {
        var given = Files.SelectMany(f => BicepFile.Found(@"^(?<comment>//.*)\nvar \w+Role = subscriptionResourceId\('Microsoft\.Authorization/roleDefinitions', '(?<id>[^']+)'\)$", f.Text)).ToList();

        Assert.Equal(Files.Sum(f => Regex.Count(f.Text, "roleDefinitions'", RegexOptions.None, TimeSpan.FromSeconds(5))), given.Count);
        Assert.All(given, g => Assert.StartsWith("// " + LeastRoles.GetValueOrDefault(g.Groups["id"].Value, "a role that is not in the list"), g.Groups["comment"].Value, StringComparison.Ordinal));
        Assert.Equal(LeastRoles.Keys.Order(StringComparer.Ordinal), given.Select(g => g.Groups["id"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.All(Files, f => Assert.Equal(f.Resources.Count(r => r.Type == "Microsoft.Authorization/roleAssignments"), BicepFile.Found(@"^  scope: (?!resourceGroup|subscription)\w+\n  properties: \{\n    roleDefinitionId: \w+Role$", f.Text).Count()));
    }

    [Theory]
    [InlineData("dev.bicepparam")]
    [InlineData("production.bicepparam")]
    public void ParameterFiles_GiveWhatMainAsksFor_AndNoSecret(string name)
    {
        var file = BicepFile.All(".bicepparam").Single(f => f.Name == name);
        var given = BicepFile.Found(@"^param (?<name>\w+) = (?<value>.+)$", file.Text).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value, StringComparer.Ordinal);

        Assert.Contains("using 'main.bicep'", file.Text, StringComparison.Ordinal);
        Assert.Empty(given.Keys.Except(Main.Parameters.Select(p => p.Name), StringComparer.Ordinal));
        Assert.Empty(Main.Parameters.Where(p => p.Required).Select(p => p.Name).Except(given.Keys, StringComparer.Ordinal));
        Assert.All(Main.Parameters.Where(p => p.Secure), p => Assert.Matches(p.Required ? @"^readEnvironmentVariable\('[A-Z_]+'\)$" : @"^readEnvironmentVariable\('[A-Z_]+', ''\)$", given[p.Name]));
    }

    [Fact]
    public void Alerts_WatchEveryQueue_LagAndErrors()
    {
        var alerts = Files.Single(f => f.Name == "alerts.bicep");
        var names = Regex.Match(alerts.Text, @"var\s+queueNames\s*=\s*\[(?<names>[^\]]*)\]", RegexOptions.None, TimeSpan.FromSeconds(5)).Groups["names"].Value;

        Assert.Equal(QueueNames.All.Order(StringComparer.Ordinal), Regex.Matches(names, "'([^']+)'", RegexOptions.None, TimeSpan.FromSeconds(5)).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.Matches(@"resource deadLetters '[^']+' = \[for queue in queueNames: \{", alerts.Text);
        Assert.Contains("of ${queue}-${shard}(" + QueueNames.PoisonSuffix + ")?", alerts.Text, StringComparison.Ordinal);
        Assert.Contains("metricName: 'QueueMessageCount'", alerts.Text, StringComparison.Ordinal);
        Assert.Equal(alerts.Resources.Count, Regex.Count(alerts.Text, @"\bactionGroupId \]|actionGroupId: actionGroupId", RegexOptions.None, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Secrets_AreReadOneByOne()
    {
        var role = LeastRoles.Single(r => r.Value == "Key Vault Secrets User").Key;
        var holders = Files.Where(f => f.Text.Contains(role, StringComparison.Ordinal)).ToList();

        Assert.Equal(["database.bicep", "storage.bicep", "vault.bicep"], holders.Select(f => f.Name).Order(StringComparer.Ordinal));
        Assert.All(holders, file =>
        {
            var secrets = BicepFile.Found(@"^resource (?<name>\w+) 'Microsoft\.KeyVault/vaults/secrets@", file.Text).Select(m => m.Groups["name"].Value).ToList();
            var scopes = BicepFile.Found(@"^  scope: (?<scope>\w+)\n  properties: \{\n    roleDefinitionId: secretsUserRole$", file.Text).Select(m => m.Groups["scope"].Value).ToList();
            Assert.Equal(secrets.Order(StringComparer.Ordinal), scopes.Order(StringComparer.Ordinal));
        });
    }

    [Fact]
    public void Scaler_WatchesExactlyTheQueuesThatTheWorkerTakesFrom()
    {
        var storage = Files.Single(f => f.Name == "storage.bicep");
        var idle = BicepFile.Found(@"^var idleQueues = \[ (?<names>[^\]]*) \]$", storage.Text).Single().Groups["names"].Value.Split(',').Select(n => n.Trim(' ', '\''));

        Assert.Equal(QueueNameTests.Handled(), QueueNames.All.Except(idle, StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Contains("filter(queueNames, q => !contains(idleQueues, q))", storage.Outputs.Single(o => o.Name == "handledQueueNames").Value, StringComparison.Ordinal);
        Assert.Matches(@"queues: storage\[i\]\.outputs\.handledQueueNames", Main.Text);
    }

    [Fact]
    public void StagedBodies_GoByAge()
    {
        var storage = Files.Single(f => f.Name == "storage.bicep").Text;
        var prefix = BicepFile.Found(@"ContainerOf\(Guid box\) => \$""(?<prefix>[a-z-]+)\{", Repository.Read("cloud/fleet/Heldar.Cloud/Batches/StagedBodies.cs")).Single().Groups["prefix"].Value;

        Assert.Contains($"prefixMatch: [ '{prefix}' ]", storage, StringComparison.Ordinal);
        Assert.Contains("baseBlob: { delete: { daysAfterCreationGreaterThan: 14 } }", storage, StringComparison.Ordinal);
    }

    [Fact]
    public void Alerts_OfOneShard_ReadItsLinesAlone()
    {
        var rules = BicepFile.Found(@"^resource \w+ 'Microsoft\.Insights/scheduledQueryRules@(.*\n)*?  name: '(?<name>[^']+)'(.*\n)*?\s+query: '(?<query>.*)'$", Files.Single(f => f.Name == "alerts.bicep").Text)
            .Select(m => (Name: m.Groups["name"].Value, Query: m.Groups["query"].Value)).ToList();

        Assert.Equal(3, rules.Count);
        Assert.All(rules, r => Assert.Equal(r.Name.Contains("${shard}", StringComparison.Ordinal), r.Query.StartsWith("${ownLines}", StringComparison.Ordinal) || r.Query.Contains("-${shard}", StringComparison.Ordinal)));
    }

    [Fact]
    public void DrainingShards_KeepAccountAndPipeline_AndGetNoBoxes()
    {
        Assert.All(["storage", "functions", "worker", "alerts"], module => Assert.Matches($@"module {module} '{module}\.bicep' = \[for \(shard, i\) in allShards:", Main.Text));
        Assert.Matches(@"module fleet 'fleet\.bicep' = \{(.*\n)*?    shards: shards\n    drainingShards: drainingShards\n", Main.Text);
    }

    [Fact]
    public void Alerts_SearchForLinesThatTheProgramsWrite()
    {
        var written = string.Join('\n', Repository.Files("cloud/functions", ".cs").Concat(Repository.Files("cloud/fleet/Heldar.Cloud", ".cs")).SelectMany(f => BicepFile.Found(@"\[LoggerMessage\(\d+, [^""]*""(?<text>[^""]*)""", File.ReadAllText(f))).Select(m => m.Groups["text"].Value));
        var searched = BicepFile.Found(@"matches regex ""[^""]*\((?<words>[^()""]*)\)""", Files.Single(f => f.Name == "alerts.bicep").Text).SelectMany(m => m.Groups["words"].Value.Split('|')).ToList();

        Assert.Equal(9, searched.Count);
        Assert.All(searched, words => Assert.Contains(words, written, StringComparison.Ordinal));
        Assert.All(["of {Queue} is a dead letter", "of {Queue} became dead letters"], line => Assert.Contains(line, written, StringComparison.Ordinal));
    }

    private static IEnumerable<string> SecretOutputs(BicepFile file) => file.Outputs
        .Where(o => Regex.IsMatch(o.Value, @"list\w*Keys?\(|listSecrets|ConnectionString|sharedKey", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(5))
            || file.Parameters.Any(p => p.Secure && Regex.IsMatch(o.Value, $@"\b{p.Name}\b", RegexOptions.None, TimeSpan.FromSeconds(5))))
        .Select(o => o.Name);

    private static IEnumerable<string> SecretTexts(BicepFile file) => file.Literals
        .Where(t => Regex.IsMatch(t, @"(Password|AccountKey|SharedAccessSignature|sig)=[^\u0001;]|(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{40,}", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(5)));
}
