using System.Security.Cryptography;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Index;
using Heldar.Cloud.Queues;
using Heldar.Cloud.Storage;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Cloud.Tests.Storage;

/// <summary>All that the pipeline does in a storage account, with an identity's token instead of a key, in a real Azurite that checks audience, issuer and life of the token.</summary>
public sealed class TokenAccessTests(TokenAzurite azurite) : IClassFixture<TokenAzurite>, IDisposable
{
    private const string Queue = "segments-0";

    private readonly HttpClient _client = azurite.Trusting();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Queues_AreReadAndWritten()
    {
        var queues = new QueueStore(Account());
        await queues.CreateAsync(Queue, Token);
        await queues.SendAsync(Queue, "one"u8.ToArray(), TimeSpan.Zero, Token);
        Assert.Equal(1, await queues.CountAsync(Queue, Token));
        Assert.Equal("b25l", (await queues.PeekAsync(Queue, Token))?.Text);

        var leased = Assert.Single(await queues.ReceiveAsync(Queue, 32, TimeSpan.FromMinutes(1), Token));
        var receipt = await queues.RenewAsync(Queue, leased, TimeSpan.FromMinutes(2), Token);
        await queues.SendPoisonAsync(Queue + "-poison", leased.Text, Token);
        await queues.SendPoisonAsync(Queue + "-poison", leased.Text, Token);
        await queues.DeleteAsync(Queue, leased.Id, receipt, Token);

        Assert.Equal((0, 2), (await queues.CountAsync(Queue, Token), await queues.CountAsync(Queue + "-poison", Token)));
        Assert.Null(await queues.TryCountAsync("none-0", Token));
        Assert.Empty(await queues.TryReceiveAsync("none-0", 1, TimeSpan.FromMinutes(1), Token));
        Assert.Equal([Queue, Queue + "-poison"], await queues.NamesAsync("segments-", 10, Token));
    }

    [Fact]
    public async Task Manifests_AreWrittenReadListedAndDeleted()
    {
        var manifests = new ManifestStore(Account());
        var manifest = new HourManifest("main", Guid.CreateVersion7(), Guid.CreateVersion7(), PackedSpan.HourOf(Instant.FromUtc(2026, 1, 2, 3, 0)), []);

        var (blob, root) = await manifests.WriteAsync(manifest, Token);

        Assert.Equal(manifest.Camera, (await manifests.ReadAsync(blob, root, Token)).Camera);
        Assert.Equal(manifest.Box, Assert.Single((await manifests.ListAsync(null, 10, Token)).Hours).Box);
        await manifests.DeleteAsync(blob, Token);
        await Assert.ThrowsAsync<InvalidDataException>(() => manifests.ReadAsync(blob, root, Token));
    }

    [Fact]
    public async Task StagedBody_IsFetchedAndDeleted()
    {
        var bodies = new StagedBodies(Account());
        using var box = new TestBox();
        var body = "{\"events\":[]}"u8.ToArray();
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        using var probe = new StorageProbe(azurite.ConnectionString, azurite.Trusting());
        await probe.PutBlobAsync(StagedBodies.ContainerOf(box.Id), hash, body);
        var message = box.Seal([]) with { Body = null, BodyUrl = $"{StagedBodies.ContainerOf(box.Id)}/{hash}", BodySha256 = hash };

        Assert.Equal(body, await bodies.FetchAsync(message, Token));
        await bodies.DeleteAsync(message, Token);

        Assert.False(await probe.HasBlobAsync(StagedBodies.ContainerOf(box.Id), hash));
    }

    [Theory]
    [InlineData("https://vault.azure.net", 60, "Invalid token audience")]
    [InlineData(IdentityTokens.Audience, -5, "Lifetime validation failed. The token is expired")]
    public async Task WrongToken_IsRefused_ByQueuesAndBlobs_AndTheCauseIsTold(string audience, int minutes, string cause)
    {
        var account = Account(audience, TimeSpan.FromMinutes(minutes));

        var put = await Assert.ThrowsAsync<RequestFailedException>(() => new QueueStore(account).SendAsync(Queue, new byte[] { 1 }, TimeSpan.Zero, Token));
        var read = await Assert.ThrowsAsync<RequestFailedException>(() => new ManifestStore(account).ReadAsync("main/none.json", [], Token));

        Assert.Equal((403, 403), (put.Status, read.Status));
        Assert.All([put, read], refused => Assert.Contains($"refuses the identity under test (403 AuthenticationFailed: {cause}", refused.Message, StringComparison.Ordinal));
        Assert.Contains("Storage Queue Data Contributor", put.Message, StringComparison.Ordinal);
        Assert.Contains("Storage Blob Data Contributor", read.Message, StringComparison.Ordinal);
        Assert.All([put, read], refused => Assert.DoesNotContain('\n', refused.Message));
    }

    [Fact]
    public async Task NoOtherAudienceIsAskedFor_ThanTheStoragesOwn()
    {
        List<string> scopes = [];
        var account = Account(asked: scopes);

        await new QueueStore(account).TryCountAsync("none-0", Token);
        await new ManifestStore(account).ListAsync(null, 1, Token);

        Assert.Equal([IdentityTokens.Audience + "/.default"], scopes.Distinct());
    }

    private StorageAccount Account(string audience = IdentityTokens.Audience, TimeSpan? life = null, List<string>? asked = null)
    {
        Assert.True(StorageAddress.TryParse(azurite.Address, queues: true, out var address, out var mistake), mistake);
        var source = DelegatedTokenCredential.Create((context, _) =>
        {
            asked?.AddRange(context.Scopes);
            var now = TimeProvider.System.GetUtcNow();
            // What the client keeps is good for an hour; what it shows may be another thing.
            return new AccessToken(IdentityTokens.Make(audience, now, life ?? TimeSpan.FromHours(1)), now.AddHours(1));
        });
        return new(address, new ProgramIdentity(source, "the identity under test"), new HttpClientTransport(_client));
    }
}
