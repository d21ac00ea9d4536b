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
        };

        var (_, mistakes) = FleetOptionsReader.Read(variables.GetValueOrDefault, serving: true);

        foreach (string name in new[] { "HELDAR_FLEET_URLS", "HELDAR_FLEET_INTERNAL_URL", "HELDAR_DATABASE", "HELDAR_STORAGE", "HELDAR_SESSION_HOURS", "HELDAR_TUNNEL_WAIT_SECONDS" })
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
}
