using Heldar.Fleet.Settings;

namespace Heldar.Fleet.Tests.Settings;

public sealed class FleetOptionsTests
{
    [Fact]
    public void Read_ReportsEveryMistakeAtOnce_EachNamingItsSetting()
    {
        var variables = new Dictionary<string, string>
        {
            ["HELDAR_FLEET_URLS"] = "127.0.0.1",
            ["HELDAR_FLEET_INTERNAL_URL"] = "ftp://x",
            ["HELDAR_SHARDS"] = "0,Zero,0",
            ["HELDAR_SESSION_HOURS"] = "0",
            ["HELDAR_TUNNEL_WAIT_SECONDS"] = "soon",
            ["HELDAR_SECRET_KEYS"] = "short",
            ["HELDAR_STORAGE_0"] = "https://account.example/?sig=none",
            ["HELDAR_DRAINING_SHARDS"] = "0",
        };

        var (_, mistakes) = FleetOptionsReader.Read(variables.GetValueOrDefault, serving: true);

        foreach (string name in new[] { "HELDAR_FLEET_URLS", "HELDAR_FLEET_INTERNAL_URL", "HELDAR_DATABASE", "HELDAR_STORAGE:", "HELDAR_SESSION_HOURS", "HELDAR_TUNNEL_WAIT_SECONDS", "HELDAR_SECRET_KEYS", "HELDAR_DRAINING_SHARDS", "HELDAR_STORAGE_0:" })
            Assert.Single(mistakes, m => m.StartsWith(name, StringComparison.Ordinal));
        Assert.Equal(2, mistakes.Count(m => m.StartsWith("HELDAR_SHARDS", StringComparison.Ordinal)));
    }

    [Fact]
    public void Read_TakesDefaults_WhenOnlyTheDatabaseIsNamed()
    {
        var (options, mistakes) = FleetOptionsReader.Read(name => name == "HELDAR_DATABASE" ? "Host=127.0.0.1;Database=heldar" : null, serving: false);

        Assert.Empty(mistakes);
        Assert.Equal("http://127.0.0.1:5080", options.Urls);
        Assert.Equal(["0"], options.Shards);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Database=heldar;Username=heldar_pipeline;Password=x", null)]
    [InlineData("Host=127.0.0.1;Database=heldar", "names no Username")]
    [InlineData("Host=127.0.0.1;Database=heldar;Username=heldar", "names the user of HELDAR_DATABASE")]
    [InlineData("Host=127.0.0.1;Database=other;Username=heldar_pipeline", "names another database")]
    [InlineData("Hosts=127.0.0.1", "HELDAR_PIPELINE_DATABASE")]
    public void Read_WantsAnotherUserOfTheSameDatabase_ForThePipeline(string pipeline, string? mistake)
    {
        var (_, mistakes) = FleetOptionsReader.Read(name => name switch { "HELDAR_DATABASE" => "Host=127.0.0.1;Database=heldar;Username=heldar", "HELDAR_PIPELINE_DATABASE" => pipeline, _ => null }, serving: false);

        if (mistake is null) Assert.Empty(mistakes);
        else Assert.Contains(mistake, Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_GivesShardsTheirOwnAccounts_AndTheOthersTheCommonOne()
    {
        var variables = new Dictionary<string, string>
        {
            ["HELDAR_DATABASE"] = "Host=127.0.0.1",
            ["HELDAR_STORAGE"] = "UseDevelopmentStorage=true",
            ["HELDAR_SHARDS"] = "0,eu1",
            ["HELDAR_DRAINING_SHARDS"] = "old",
            ["HELDAR_STORAGE_eu1"] = $"DefaultEndpointsProtocol=https;AccountName=eu1;AccountKey={Convert.ToBase64String(new byte[64])}",
            ["HELDAR_STORAGE_old"] = $"DefaultEndpointsProtocol=https;AccountName=old;AccountKey={Convert.ToBase64String(new byte[64])}",
            ["HELDAR_STORAGE_unknown"] = "nonsense",
        };

        var (options, mistakes) = FleetOptionsReader.Read(variables.GetValueOrDefault, serving: true);

        Assert.Empty(mistakes);
        Assert.Equal(["UseDevelopmentStorage=true", variables["HELDAR_STORAGE_eu1"], variables["HELDAR_STORAGE_old"]], new[] { "0", "eu1", "old" }.Select(options.StorageOf));
    }

    [Fact]
    public void Read_TakesAddressesAndNetworksOfProxies()
    {
        var (options, mistakes) = FleetOptionsReader.Read(name => name == "HELDAR_TRUSTED_PROXIES" ? " 10.0.0.5, 10.1.0.0/16 ,fd00::/8" : "Host=127.0.0.1", serving: false);

        Assert.DoesNotContain(mistakes, m => m.StartsWith("HELDAR_TRUSTED_PROXIES", StringComparison.Ordinal));
        Assert.Equal(["10.0.0.5/32", "10.1.0.0/16", "fd00::/8"], options.TrustedProxies.Select(n => n.ToString()));
    }

    [Theory]
    [InlineData("proxy.example.org")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    public void Read_RefusesWhatIsNoProxy(string text)
    {
        var (_, mistakes) = FleetOptionsReader.Read(name => name == "HELDAR_TRUSTED_PROXIES" ? "127.0.0.1," + text : null, serving: false);

        Assert.Contains($"'{text}'", Assert.Single(mistakes, m => m.StartsWith("HELDAR_TRUSTED_PROXIES", StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
