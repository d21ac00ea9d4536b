namespace Heldar.Architecture.Tests;

/// <summary>Who of a deployment may do what in the storage accounts: the fleet alone has their keys, a pipeline has its own identity and the account of its own shard.</summary>
public sealed class BicepRightsTests
{
    private static readonly IReadOnlyList<BicepFile> Files = BicepFile.All(".bicep");

    [Fact]
    public void KeyOfAnAccount_IsReadByTheFleetAlone()
    {
        Assert.Equal(["fleetMayRead = fleetPrincipalId"], ReadersOfKeys(File("storage.bicep").Text));
        Assert.Equal(["storage.bicep"], Files.Where(f => f.Text.Contains("listKeys(", StringComparison.Ordinal)).Select(f => f.Name));
        Assert.Equal(["fleet"], File("main.bicep").Modules.Where(m => BicepFile.Found(@"storage\[\w+\]\.outputs\.secretName", Body(m.Name)).Any()).Select(m => m.Name));
    }

    [Fact]
    public void KeyOfAnAccount_CheckBites() => Assert.Equal(
        ["a = fleetPrincipalId", "b = [ fleetPrincipalId, pipelinePrincipalId ]"],
        ReadersOfKeys("""
            resource a 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
              scope: connection
              properties: {
                roleDefinitionId: secretsUserRole
                principalId: fleetPrincipalId
              }
            }

            resource b 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for reader in [ fleetPrincipalId, pipelinePrincipalId ]: {
              scope: connection
              properties: {
                roleDefinitionId: secretsUserRole
                principalId: reader
              }
            }]

            resource c 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
              scope: account
              properties: {
                roleDefinitionId: queueContributorRole
                principalId: pipelinePrincipalId
              }
            }

            """));

    [Fact]
    public void PasswordOfTheFleetInTheDatabase_IsReadByTheFleetAlone()
    {
        Assert.Equal(["fleetMayRead = fleetPrincipalId"], ReadersOfKeys(File("database.bicep").Text));
        Assert.Equal(["fleet"], File("main.bicep").Modules.Where(m => Body(m.Name).Contains("database.outputs.secretName", StringComparison.Ordinal)).Select(m => m.Name));
        Assert.All(["functions", "worker"], front => Assert.Contains("    databaseSecret: database.outputs.pipelineSecretName\n", Body(front), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("functions.bicep")]
    [InlineData("worker.bicep")]
    public void Pipeline_OpensItsAccountByItsIdentity_AndGetsNoSecretOfIt(string name)
    {
        var file = File(name);
        var settings = BicepFile.Found(@"\{ name: '(?<name>(HELDAR_(MANIFEST_)?STORAGE(__\w+)?|AZURE_CLIENT_ID))', (?<from>value|secretRef): (?<value>[^\n]+) \}$", file.Text).ToDictionary(m => m.Groups["name"].Value, m => (From: m.Groups["from"].Value, Value: m.Groups["value"].Value), StringComparer.Ordinal);

        Assert.DoesNotContain(file.Parameters, p => p.Name.Contains("storageSecret", StringComparison.OrdinalIgnoreCase) || p.Name.Contains("manifestSecret", StringComparison.OrdinalIgnoreCase));
        Assert.All(settings, s => Assert.Equal("value", s.Value.From));
        Assert.All(settings, s => Assert.DoesNotContain("KeyVault", s.Value.Value, StringComparison.Ordinal));
        Assert.Equal("identityClientId", settings["AZURE_CLIENT_ID"].Value);
        Assert.Equal("'AccountName=${manifestAccountName};EndpointSuffix=${environment().suffixes.storage}'", settings["HELDAR_MANIFEST_STORAGE"].Value);
        if (name == "worker.bicep") Assert.Equal("'AccountName=${accountName};EndpointSuffix=${environment().suffixes.storage}'", settings["HELDAR_STORAGE"].Value);
    }

    /// <summary>The host takes a plain HELDAR_STORAGE for a connection string; of the parts, it and the program have to know each.</summary>
    [Fact]
    public void FunctionApp_NamesItsConnectionInParts_ThatHostOrProgramRead()
    {
        var parts = BicepFile.Found(@"\{ name: 'HELDAR_STORAGE__(?<part>\w+)'", File("functions.bicep").Text).Select(m => m.Groups["part"].Value).ToList();
        var read = BicepFile.Found(@"name \+ ""__(?<part>\w+)""", Repository.Read("cloud/functions/Heldar.Functions/Settings/FunctionsOptions.cs")).Select(m => m.Groups["part"].Value).ToList();
        string[] ofTheHost = ["queueServiceUri", "credential", "clientId"];

        Assert.DoesNotContain("name: 'HELDAR_STORAGE'", File("functions.bicep").Text, StringComparison.Ordinal);
        Assert.Equal(["queueServiceUri", "blobServiceUri"], read);
        Assert.Equal(read.Union(ofTheHost, StringComparer.Ordinal).Order(StringComparer.Ordinal), parts.Order(StringComparer.Ordinal));
        Assert.All(Repository.Files("cloud/functions/Heldar.Functions", "function.json").Select(System.IO.File.ReadAllText).Where(t => t.Contains("queueTrigger", StringComparison.Ordinal)), t => Assert.Contains("\"connection\": \"HELDAR_STORAGE\"", t, StringComparison.Ordinal));
    }

    [Fact]
    public void Pipelines_HaveAnIdentityEach_WithRightsInTheirOwnAccount_AndInTheManifests()
    {
        var storage = File("storage.bicep").Text;
        var given = BicepFile.Found(@"^  scope: (?<scope>\w+)\n  properties: \{\n    roleDefinitionId: (?<role>\w+)\n    principalId: (?<who>\w+)$", storage).Select(m => $"{m.Groups["who"].Value}: {m.Groups["role"].Value} on {m.Groups["scope"].Value}");

        Assert.Equal(
            ["fleetPrincipalId: secretsUserRole on connection", "pipelinePrincipalId: blobContributorRole on account", "pipelinePrincipalId: queueContributorRole on account", "writer: blobContributorRole on manifests"],
            given.Order(StringComparer.Ordinal));
        Assert.Matches(@"resource pipelines '[^']+' = \[for shard in shards: \{", File("identities.bicep").Text);
        Assert.Contains("    pipelinePrincipalId: identities.outputs.pipelinePrincipalIds[i]\n    manifestWriters: i == 0 ? identities.outputs.pipelinePrincipalIds : []\n", Body("storage"), StringComparison.Ordinal);
        Assert.All(["functions", "worker"], front => Assert.Contains("    identityId: identities.outputs.pipelineIds[i]\n", Body(front), StringComparison.Ordinal));
        Assert.All(["functions", "worker"], front => Assert.Contains("    identityClientId: identities.outputs.pipelineClientIds[i]\n", Body(front), StringComparison.Ordinal));
        Assert.All(["functions", "worker"], front => Assert.Contains("    accountName: storage[i].outputs.accountName\n", Body(front), StringComparison.Ordinal));
        Assert.All(["functions", "worker"], front => Assert.Contains("    manifestAccountName: storage[0].outputs.accountName\n", Body(front), StringComparison.Ordinal));
    }

    private static BicepFile File(string name) => Files.Single(f => f.Name == name);

    private static string Body(string module) => BicepFile.Found($@"^module {module} '[^']+'[^\n]*\n(?<body>(  .*\n)*)\}}", File("main.bicep").Text).Single().Groups["body"].Value;

    /// <summary>Who may read the secrets with an account's key: each assignment's name and whom it is for.</summary>
    private static IEnumerable<string> ReadersOfKeys(string text) => BicepFile
        .Found(@"^resource (?<name>\w+) 'Microsoft\.Authorization/roleAssignments@[^']+' = (\[for \w+ in (?<each>.+): )?\{\n(  .*\n)*?  scope: connection\n(  .*\n)*?    principalId: (?<one>\w+)$", text)
        .Select(m => $"{m.Groups["name"].Value} = {(m.Groups["each"].Success ? m.Groups["each"].Value : m.Groups["one"].Value)}");
}
