using Heldar.Contracts.Queues;
using YamlDotNet.RepresentationModel;

namespace Heldar.Architecture.Tests;

/// <summary>The shape of the Kubernetes manifests: they say what the programs read and answer, and run with the least rights.</summary>
public sealed class KubernetesTests
{
    private static readonly IReadOnlyList<YamlNode> Manifests = [.. Repository.Files("infra/kubernetes", ".yaml").SelectMany(Documents)];

    private static IEnumerable<YamlNode> Deployments => Manifests.Where(m => Text(m, "kind") == "Deployment");

    [Fact]
    public void Manifests_AreYamlWithKinds()
    {
        string[] wanted = ["Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "ScaledObject", "TriggerAuthentication", "Kustomization", "Ingress", "Namespace", "ServiceAccount"];

        Assert.Equal(wanted.Order(StringComparer.Ordinal), Manifests.Select(m => Text(m, "kind")).Distinct().Order(StringComparer.Ordinal));
        Assert.All(Manifests, m => Assert.NotNull(Text(m, "apiVersion")));
        Assert.Equal(["fleet", "worker", "worker-1"], Deployments.Select(d => Text(d, "metadata", "name")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Kustomizations_NameEveryFileBesideThem()
    {
        var folders = Repository.Files("infra/kubernetes", "kustomization.yaml").ToList();

        Assert.Equal(4, folders.Count);
        Assert.All(folders, file =>
        {
            var folder = Path.GetDirectoryName(file)!;
            var named = Items(Documents(file).Single(), "resources").Select(r => ((YamlScalarNode)r).Value!).ToList();
            Assert.Equal(Directory.EnumerateFiles(folder, "*.yaml").Select(Path.GetFileName).Where(f => f != "kustomization.yaml").Order(StringComparer.Ordinal), named.Where(n => n.EndsWith(".yaml", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
            Assert.All(named.Where(n => !n.EndsWith(".yaml", StringComparison.Ordinal)), n => Assert.True(File.Exists(Path.Combine(folder, n, "kustomization.yaml")), n));
        });
    }

    [Theory]
    [InlineData("worker", "queues", "0", "storage")]
    [InlineData("worker-1", "queues-1", "1", "storage-1")]
    public void Scaler_WatchesExactlyTheQueuesThatItsWorkerTakesFrom(string name, string authentication, string shard, string secret)
    {
        var worker = Deployments.Single(d => Text(d, "metadata", "name") == name);
        var scaler = Manifests.Single(m => Text(m, "kind") == "ScaledObject" && Text(m, "spec", "scaleTargetRef", "name") == name);
        var triggers = Items(scaler, "spec", "triggers").ToList();

        Assert.Equal((shard, shard), (Environment(worker)[QueueNames.ShardVariable], Text(worker, "spec", "selector", "matchLabels", "heldar.example/shard")));
        Assert.Equal(secret, Text(Items(Container(worker), "env").Single(e => Text(e, "name") == "HELDAR_STORAGE"), "valueFrom", "secretKeyRef", "key"));
        Assert.All(triggers, t => Assert.Equal(("azure-queue", authentication), (Text(t, "type"), Text(t, "authenticationRef", "name"))));
        Assert.Equal(QueueNameTests.Handled().Select(q => QueueNames.InShard(q, shard)), triggers.Select(t => Text(t, "metadata", "queueName")).Order(StringComparer.Ordinal));
        var access = Manifests.Single(m => Text(m, "kind") == "TriggerAuthentication" && Text(m, "metadata", "name") == authentication);
        Assert.Equal(secret, Text(Items(access, "spec", "secretTargetRef").Single(), "key"));
    }

    [Fact]
    public void Programs_GetWhatMailTracesAndShardsNeed()
    {
        Assert.All(Deployments, deployment => Assert.Empty(DeployedProgram.Wanted(Text(deployment, "metadata", "name")!).Except(Environment(deployment).Keys, StringComparer.Ordinal)));
        var out587 = Manifests.Where(m => Text(m, "kind") == "NetworkPolicy").SelectMany(m => Items(m, "spec", "egress")).SelectMany(e => Items(e, "ports")).Select(p => Text(p, "port"));
        Assert.Contains("587", out587);
    }

    [Fact]
    public void Containers_GetTheVariablesThatTheirProgramsRead()
    {
        Assert.All(Deployments, deployment =>
        {
            var program = DeployedProgram.Of(Text(deployment, "metadata", "name")!);
            var given = Environment(deployment).Keys.Where(k => k.StartsWith("HELDAR_", StringComparison.Ordinal)).ToList();
            Assert.Empty(given.Except(program.Variables, StringComparer.Ordinal));
            Assert.Empty(program.Required.Except(given, StringComparer.Ordinal));
        });
    }

    [Fact]
    public void Secrets_ComeByReference()
    {
        Assert.All(Deployments, d => Assert.All(["HELDAR_DATABASE", "HELDAR_STORAGE"], v => Assert.Null(Environment(d)[v])));
        // Nobody but the fleet knows the password of its role.
        Assert.Equal(["fleet"], Deployments.Where(d => Items(Container(d), "env").Any(e => Text(e, "valueFrom", "secretKeyRef", "key") == "database")).Select(d => Text(d, "metadata", "name")));
        Assert.DoesNotContain(Manifests, m => Text(m, "kind") == "Secret");
    }

    [Fact]
    public void Probes_AskPathsThatTheProgramsAnswer()
    {
        Assert.All(Deployments, deployment =>
        {
            var container = Container(deployment);
            var ports = Items(container, "ports").Select(p => Text(p, "name")).ToList();
            Assert.All(["startupProbe", "livenessProbe", "readinessProbe"], probe =>
            {
                Assert.Contains(Text(container, probe, "httpGet", "path")!, DeployedProgram.Of(Text(deployment, "metadata", "name")!).Paths);
                Assert.Contains(Text(container, probe, "httpGet", "port"), ports);
            });
            Assert.Equal("/readyz", Text(container, "readinessProbe", "httpGet", "path"));
        });
    }

    [Fact]
    public void Pods_RunWithTheLeastRights()
    {
        Assert.All(Deployments, deployment =>
        {
            var pod = At(deployment, "spec", "template", "spec")!;
            var rights = At(Container(deployment), "securityContext")!;
            Assert.Equal(("true", "RuntimeDefault", "false"), (Text(pod, "securityContext", "runAsNonRoot"), Text(pod, "securityContext", "seccompProfile", "type"), Text(pod, "automountServiceAccountToken")));
            Assert.Equal(("false", "true"), (Text(rights, "allowPrivilegeEscalation"), Text(rights, "readOnlyRootFilesystem")));
            Assert.Equal(["ALL"], Items(rights, "capabilities", "drop").Select(c => ((YamlScalarNode)c).Value));
            Assert.NotNull(Text(Container(deployment), "resources", "limits", "memory"));
        });
    }

    [Fact]
    public void Images_HaveVersions()
    {
        Assert.All(Deployments, d => Assert.Matches(@":\d+\.\d+\.\d+$", Text(Container(d), "image")));
        Assert.All(Manifests.Where(m => Text(m, "kind") == "Kustomization").SelectMany(m => Items(m, "images")), i => Assert.Matches(@"^\d+\.\d+\.\d+$", Text(i, "newTag")));
    }

    [Fact]
    public void Selectors_FindTheirPods()
    {
        var labels = Deployments.Select(d => Text(d, "spec", "template", "metadata", "labels", "app.kubernetes.io/name")).ToList();
        var selected = Manifests.Where(m => Text(m, "kind") is "Service").Select(m => Text(m, "spec", "selector", "app.kubernetes.io/name"))
            .Concat(Manifests.Where(m => Text(m, "kind") is "PodDisruptionBudget" or "Deployment").Select(m => Text(m, "spec", "selector", "matchLabels", "app.kubernetes.io/name")));

        Assert.All(selected, s => Assert.Contains(s, labels));
        Assert.Contains(Manifests, m => Text(m, "kind") == "NetworkPolicy" && At(m, "spec", "podSelector") is YamlMappingNode { Children.Count: 0 } && Items(m, "spec", "policyTypes").Count() == 2);
        Assert.Equal(Deployments.Select(d => Text(d, "metadata", "name")).Order(StringComparer.Ordinal), Manifests.Where(m => Text(m, "kind") == "PodDisruptionBudget").Select(m => Text(m, "metadata", "name")).Order(StringComparer.Ordinal));
    }

    private static YamlNode Container(YamlNode deployment) => Items(deployment, "spec", "template", "spec", "containers").Single();

    /// <summary>Variable and its value; null when it comes by reference.</summary>
    private static Dictionary<string, string?> Environment(YamlNode deployment) =>
        Items(Container(deployment), "env").ToDictionary(e => Text(e, "name")!, e => Text(e, "value"), StringComparer.Ordinal);

    private static IEnumerable<YamlNode> Documents(string file)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(file);
        stream.Load(reader);
        return stream.Documents.Select(d => d.RootNode);
    }

    private static YamlNode? At(YamlNode node, params string[] path)
    {
        YamlNode? at = node;
        foreach (var key in path) at = at is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out var next) ? next : null;
        return at;
    }

    private static string? Text(YamlNode node, params string[] path) => (At(node, path) as YamlScalarNode)?.Value;

    private static IEnumerable<YamlNode> Items(YamlNode node, params string[] path) => (At(node, path) as YamlSequenceNode)?.Children ?? [];
}
