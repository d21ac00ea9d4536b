using System.Text.RegularExpressions;
using Heldar.Fleet.Commands;
using Heldar.Testing;
using Npgsql;

namespace Heldar.Fleet.Tests.Commands;

public sealed class FleetCommandTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Commands_MigrateFirst_AndPrintOnlyTheSecret()
    {
        string database = await postgres.CreateDatabaseAsync();

        var (code, setup, _) = await RunAsync(database, "setup-code");
        var (tokenCode, token, _) = await RunAsync(database, "enrolment-token", "--site", "depot", "--site-name", "Depot North", "--time-zone", "Europe/Berlin");
        var (again, second, _) = await RunAsync(database, "enrolment-token", "--site", "depot");

        Assert.Equal((0, 0, 0), (code, tokenCode, again));
        Assert.Matches(new Regex("^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\n$", RegexOptions.None, TimeSpan.FromSeconds(1)), setup);
        Assert.Matches(new Regex("^main\\.[A-Za-z0-9_-]{43}\n$", RegexOptions.None, TimeSpan.FromSeconds(1)), token);
        Assert.NotEqual(token, second);
        await using var source = NpgsqlDataSource.Create(database);
        await using var sites = source.CreateCommand("select name || '/' || time_zone from site where site = 'depot'");
        Assert.Equal("Depot North/Europe/Berlin", await sites.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Migrate_MayRunFromManyReplicasAtOnce()
    {
        string database = await postgres.CreateDatabaseAsync();

        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync(database, "migrate")));

        Assert.All(runs, r => Assert.Equal(0, r.Code));
    }

    [Fact]
    public async Task Index_IsBegunOnce_ShownAndGivenUp()
    {
        string database = await postgres.CreateDatabaseAsync();

        Assert.Equal(0, (await RunAsync(database, "index", "build")).Code);
        var (code, _, errors) = await RunAsync(database, "index", "build");
        Assert.Equal(1, code);
        Assert.Contains("version 2 is being built", errors, StringComparison.Ordinal);
        Assert.StartsWith("2 building since ", (await RunAsync(database, "index", "status")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(database, "index", "abandon")).Code);
        Assert.StartsWith("2 abandoned since ", (await RunAsync(database, "index", "status")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync(database, "index", "accept")).Code);
    }

    [Theory]
    [InlineData("--site", "Not A Slug")]
    [InlineData("--site", "depot", "--minutes", "0")]
    [InlineData("--site", "depot", "--time-zone", "Mars/Olympus")]
    public async Task EnrolmentToken_NamesTheMistake_AndPrintsNoToken(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync(await postgres.CreateDatabaseAsync(), ["enrolment-token", .. arguments]);

        Assert.Equal((2, ""), (code, output));
        Assert.NotEmpty(errors);
    }

    [Fact]
    public async Task Command_NamesTheMissingSetting_WhenThereIsNoDatabase()
    {
        var (code, _, errors) = await RunAsync("", "setup-code");

        Assert.Equal(2, code);
        Assert.Contains("HELDAR_DATABASE", errors, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string database, params string[] arguments)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        await using var errors = new StringWriter { NewLine = "\n" };
        int code = await FleetCommands.Create(name => name == "HELDAR_DATABASE" ? database : null, output, errors).Parse(arguments).InvokeAsync();
        return (code, output.ToString(), errors.ToString());
    }
}
