using Heldar.Testing;
using Npgsql;

namespace Heldar.Local.Tests.Servers;

public sealed class FixtureTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    [Fact]
    public async Task Postgres_GivesEachClassItsOwnDatabase_WhenAsked()
    {
        string first = await postgres.CreateDatabaseAsync();
        string second = await postgres.CreateDatabaseAsync();
        Assert.NotEqual(first, second);
        await using var source = NpgsqlDataSource.Create(second);
        await using NpgsqlCommand command = source.CreateCommand("select count(*) from pg_tables where schemaname = 'public'");
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Azurite_AnswersOnTheSamePort_AfterAKillAndAStart()
    {
        string endpoint = azurite.ConnectionString.Split(';').Single(part => part.StartsWith("QueueEndpoint=", StringComparison.Ordinal))["QueueEndpoint=".Length..];
        await azurite.KillAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => Http.GetAsync(new Uri(endpoint + "?comp=list")));
        await azurite.StartAsync();
        using HttpResponseMessage answer = await Http.GetAsync(new Uri(endpoint + "?comp=list"));
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, answer.StatusCode);
    }
}
