using YamlDotNet.RepresentationModel;

namespace Heldar.Architecture.Tests;

/// <summary>The images, the compose file and the variables of the Bicep container apps: pinned, not root, with the names that the programs read.</summary>
public sealed class ContainerTests
{
    private static readonly IReadOnlyList<string> Dockerfiles = [.. Repository.Files("infra/docker", "Dockerfile").Order(StringComparer.Ordinal)];

    [Fact]
    public void Images_ArePinned_NotRoot_AndWatched()
    {
        Assert.Equal(["fleet.Dockerfile", "functions.Dockerfile", "worker.Dockerfile"], Dockerfiles.Select(Path.GetFileName));
        Assert.All(Dockerfiles, file =>
        {
            var lines = File.ReadAllLines(file);
            var bases = lines.Where(l => l.StartsWith("FROM ", StringComparison.Ordinal)).ToList();
            Assert.True(bases.Count >= 2, "one stage builds, another runs");
            Assert.All(bases, b => Assert.Matches(@"^FROM (mcr\.microsoft\.com/|node:)\S*\d+\.\d+\S*( AS \w+)?$", b));
            Assert.Equal("USER 1654:1654", lines.Last(l => l.StartsWith("USER ", StringComparison.Ordinal)));
            Assert.Single(lines, l => l.StartsWith("HEALTHCHECK ", StringComparison.Ordinal));
            Assert.DoesNotContain(lines, l => l.Contains("latest", StringComparison.Ordinal) || l.Contains("--privileged", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Images_CopyWhatExists_AndWhatTheContextHas()
    {
        var ignored = Repository.Read(".dockerignore").Split('\n').Where(l => l.Length > 0 && l[0] is not '#' and not '*').ToList();

        Assert.All(Dockerfiles.SelectMany(f => File.ReadLines(f)).Where(l => l.StartsWith("COPY ", StringComparison.Ordinal) && !l.Contains("--from", StringComparison.Ordinal)), copy =>
            Assert.All(copy.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..^1], source =>
            {
                Assert.True(Path.Exists(Path.Combine(Repository.Root, source)), $"{source} is not there");
                Assert.DoesNotContain(source.Split('/')[0], ignored);
            }));
        Assert.All(["**/bin", "**/obj", "**/node_modules", "**/.env", ".git"], wanted => Assert.Contains(wanted, Repository.Read(".dockerignore").Split('\n')));
    }

    [Fact]
    public void Images_SetVariablesAndProbePaths_ThatTheirProgramsKnow()
    {
        Assert.All(Dockerfiles, file =>
        {
            var program = DeployedProgram.Of(Path.GetFileName(file));
            var text = File.ReadAllText(file);
            Assert.Empty(BicepFile.Found(@"\b(?<name>HELDAR_[A-Z_]+)=", text).Select(m => m.Groups["name"].Value).Except(program.Variables, StringComparer.Ordinal));
            Assert.All(BicepFile.Found(@"http://127\.0\.0\.1:\d+(?<path>/\w+)", text), m => Assert.Contains(m.Groups["path"].Value, program.Paths));
        });
    }

    [Fact]
    public void Compose_HasPinnedServicesOnThisMachineAlone()
    {
        var services = Services();

        Assert.Equal(["azurite", "fleet", "minio", "postgres", "worker"], services.Keys.Order(StringComparer.Ordinal));
        Assert.All(services.Values, s => Assert.Matches(@":\S*\d+[.-]\d+", ((YamlScalarNode)s["image"]).Value));
        Assert.All(services.Values.Where(s => s.Children.ContainsKey("ports")), s => Assert.All((YamlSequenceNode)s["ports"], p => Assert.StartsWith("127.0.0.1:", ((YamlScalarNode)p).Value, StringComparison.Ordinal)));
        Assert.Contains($"azurite:{Azurite()}", ((YamlScalarNode)services["azurite"]["image"]).Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fleet")]
    [InlineData("worker")]
    public void Compose_GivesTheVariablesThatTheProgramReads(string name)
    {
        var service = Services()[name];
        var given = ((YamlMappingNode)service["environment"]).Children.Keys.Select(k => ((YamlScalarNode)k).Value!).ToList();

        Assert.Empty(given.Where(v => v.StartsWith("HELDAR_", StringComparison.Ordinal)).Except(DeployedProgram.Of(name).Variables, StringComparer.Ordinal));
        Assert.Empty(DeployedProgram.Of(name).Required.Except(given, StringComparer.Ordinal));
        if (name == "worker") Assert.Empty(DeployedProgram.Wanted(name).Except(given, StringComparer.Ordinal));
        Assert.True(File.Exists(Path.Combine(Repository.Root, ((YamlScalarNode)service["build"]["dockerfile"]).Value!)));
    }

    [Theory]
    [InlineData("fleet.bicep")]
    [InlineData("worker.bicep")]
    [InlineData("functions.bicep")]
    public void Bicep_GivesTheVariablesAndPaths_ThatTheProgramKnows(string name)
    {
        var text = Repository.Read("infra/bicep/" + name);
        var program = DeployedProgram.Of(name);
        // The parts of a connection without a secret, such as HELDAR_STORAGE__queueServiceUri, are its variable's.
        var given = BicepFile.Found(@"\{ name: '(?<name>HELDAR_[A-Z_]+?)(__[a-z]\w*)?'", text).Select(m => m.Groups["name"].Value).ToList();

        Assert.Empty(given.Except(program.Variables, StringComparer.Ordinal));
        Assert.Empty(program.Required.Except(given, StringComparer.Ordinal));
        Assert.Empty(DeployedProgram.Wanted(name).Except(BicepFile.Found(@"\{ name: '(?<name>\w+)'", text).Select(m => m.Groups["name"].Value), StringComparer.Ordinal));
        Assert.All(BicepFile.Found(@"httpGet: \{ path: '(?<path>[^']+)'", text), m => Assert.Contains(m.Groups["path"].Value, program.Paths));
    }

    [Fact]
    public void Programs_AreRead()
    {
        Assert.Equal(["HELDAR_DATABASE", "HELDAR_STORAGE"], DeployedProgram.Fleet.Required.Order(StringComparer.Ordinal));
        Assert.Equal(["HELDAR_DATABASE", "HELDAR_STORAGE"], DeployedProgram.Functions.Required.Order(StringComparer.Ordinal));
        Assert.Equal(["/healthz", "/readyz"], DeployedProgram.Fleet.Paths.Order(StringComparer.Ordinal));
        Assert.Equal(["/healthz", "/readyz"], DeployedProgram.Functions.Paths.Order(StringComparer.Ordinal));
        Assert.Contains("HELDAR_HEALTH_ADDRESS", DeployedProgram.Functions.Variables);
    }

    private static Dictionary<string, YamlMappingNode> Services()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read("infra/docker/compose.yaml")));
        return ((YamlMappingNode)stream.Documents[0].RootNode["services"]).Children.ToDictionary(s => ((YamlScalarNode)s.Key).Value!, s => (YamlMappingNode)s.Value, StringComparer.Ordinal);
    }

    private static string Azurite() => BicepFile.Found(@"""azurite"": ""(?<version>[^""]+)""", Repository.Read("infra/local/azurite/package.json")).Single().Groups["version"].Value;
}
