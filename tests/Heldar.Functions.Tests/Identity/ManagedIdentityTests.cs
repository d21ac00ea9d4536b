using System.Security.Cryptography;
using Azure.Core;
using Azure.Core.Pipeline;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Index;
using Heldar.Cloud.Storage;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Functions.Tests.Pipeline;
using Heldar.Testing;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Functions.Tests.Identity;

/// <summary>The real worker without any key of its storage account: it gets tokens of its managed identity, in an Azurite that checks them.</summary>
public sealed class ManagedIdentityTests(PostgresFixture postgres, TokenAzurite azurite) : IClassFixture<TokenAzurite>, IDisposable
{
    private static readonly Duration Half = Scene.Half;

    private readonly HttpClient _client = azurite.Trusting();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Worker_AppliesBatches_FetchesStagedBodies_AndWritesManifests_WithItsTokenAlone(bool hostsNames)
    {
        await using var identity = await IdentityTokens.StartAsync();
        await using var scene = await SceneAsync();
        var (cloud, box, camera) = scene;
        var hour = PackedSpan.HourOf(Scene.Now) - Duration.FromHours(3);
        var segments = Enumerable.Range(0, 10).Select(i => TestBox.Segment(camera, hour + (Half * i), Half)).ToList();
        var staged = await StageAsync(box, box.Seal([.. segments[5..].Select(box.Event)]));

        await using var front = await RunningFront.WorkerAsync(cloud, Environment(identity, hostsNames));
        await cloud.SendAsync(box.Seal([.. segments[..5].Select(box.Event)]));
        await cloud.SendAsync(staged);
        await cloud.DrainedAsync();
        await Pipeline.Cloud.UntilAsync("both batches have landed", async () => await cloud.ScalarAsync<long>("select (select count(*) from segment_landing) + (select coalesce(sum(segments), 0) from span)") == 10);
        await Pipeline.Cloud.UntilAsync("the hour is folded", async () =>
        {
            await cloud.ScalarAsync<object?>("update timer_run set last_run = 'epoch' where timer = 'FoldSpans'");
            return await cloud.ScalarAsync<long>("select count(*) from segment_landing") == 0;
        });

        foreach (var segment in segments) Assert.Equal(segment.Sha256, (await cloud.Search.ProofAsync("main", camera, segment.Start, Token))?.Sha256);
        using var probe = new StorageProbe(azurite.ConnectionString, azurite.Trusting());
        Assert.False(await probe.HasBlobAsync(StagedBodies.ContainerOf(box.Id), staged.BodySha256!));
        Assert.Empty(await cloud.LetterReasonsAsync());
        Assert.Equal((IdentityTokens.Audience, IdentityTokens.ClientId), Assert.Single(identity.Asked.Distinct()));
    }

    [Fact]
    public async Task Worker_WhoseIdentityIsNotAssigned_SaysSo_AndTakesNothing()
    {
        await using var identity = await IdentityTokens.StartAsync();
        await using var scene = await SceneAsync();
        var (cloud, box, camera) = scene;
        var other = Guid.NewGuid().ToString();
        await cloud.SendAsync(box.Seal([box.Event(TestBox.Segment(camera, Scene.Now - Half, Half))]));

        await using var front = await RunningFront.WorkerAsync(cloud, new Dictionary<string, string>(Environment(identity, false)) { ["AZURE_CLIENT_ID"] = other });
        var line = $"cannot fetch from {cloud.Queue(QueueNames.Segments)}: no token for the storage account, the managed identity {other} gets none";
        await Pipeline.Cloud.UntilAsync("it says so", () => Task.FromResult(front.Log.Contains(line, StringComparison.Ordinal)), seconds: 60);

        Assert.Equal(1, Assert.Single(await cloud.Queues.ReceiveAsync(cloud.Queue(QueueNames.Segments), 1, TimeSpan.FromMinutes(1), Token)).DequeueCount);
        Assert.Empty(await cloud.LetterReasonsAsync());
    }

    [Fact]
    public async Task Message_WhoseStagedBodyIsRefused_ComesBack_AndIsNoDeadLetter()
    {
        await using var scene = await SceneAsync();
        var (cloud, box, camera) = scene;
        var staged = await StageAsync(box, box.Seal([box.Event(TestBox.Segment(camera, Scene.Now - Half, Half))]));
        var options = new FunctionsOptions(cloud.PipelineDatabase, cloud.Storage, cloud.Shard, null, 0, 1);

        await using (var services = Services(options, new StagedBodies(Account("https://vault.azure.net")))) await RunAsync(services, staged);

        var back = Assert.Single(await TakeAsync());
        Assert.Equal(1, back.Attempt);
        Assert.Empty(await cloud.LetterReasonsAsync());
        Assert.Equal(0, await cloud.ScalarAsync<long>("select count(*) from segment_landing"));

        // The right was given: the same message is applied.
        await using (var services = Services(options, new StagedBodies(cloud.Account))) await RunAsync(services, back);

        Assert.Equal(1, await cloud.ScalarAsync<long>("select count(*) from segment_landing"));
        Assert.Empty(await cloud.LetterReasonsAsync());

        ServiceProvider Services(FunctionsOptions of, StagedBodies bodies) => new ServiceCollection().AddLogging().AddHandlers(of).AddSingleton(cloud.Queues).AddSingleton(bodies).BuildServiceProvider();

        Task RunAsync(ServiceProvider services, Envelope message) => services.GetServices<IQueueFunction>().Single(f => f.Queue == QueueNames.Segments)
            .RunAsync(new QueueMessage(cloud.Queue(QueueNames.Segments), "m1", 1, message.ToBytes()), Token);

        async Task<IReadOnlyList<Envelope>> TakeAsync()
        {
            IReadOnlyList<Envelope> taken = [];
            await Pipeline.Cloud.UntilAsync("it is back", async () =>
            {
                taken = [.. (await cloud.Queues.ReceiveAsync(cloud.Queue(QueueNames.Segments), 32, TimeSpan.FromMinutes(5), Token)).Select(m => Envelope.Parse(Convert.FromBase64String(m.Text)))];
                return taken.Count > 0;
            });
            return taken;
        }
    }

    /// <summary>What a deployment gives the worker: the account's address, its identity, and here the authority of the test's server.</summary>
    private Dictionary<string, string> Environment(IdentityTokens identity, bool hostsNames)
    {
        var variables = new Dictionary<string, string>(identity.Variables) { ["SSL_CERT_FILE"] = azurite.RootFile };
        if (!hostsNames) return variables;
        var parts = azurite.Address.Split(';').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        variables["HELDAR_STORAGE"] = "";
        variables["HELDAR_STORAGE__queueServiceUri"] = parts["QueueEndpoint"];
        variables["HELDAR_STORAGE__blobServiceUri"] = parts["BlobEndpoint"];
        return variables;
    }

    private async Task<Scene> SceneAsync() => await Scene.CreateAsync(await Pipeline.Cloud.CreateAsync(postgres, azurite, Account(IdentityTokens.Audience)));

    private StorageAccount Account(string audience)
    {
        Assert.True(StorageAddress.TryParse(azurite.Address, queues: true, out var address, out var mistake), mistake);
        var now = TimeProvider.System.GetUtcNow();
        return new(address, new ProgramIdentity(DelegatedTokenCredential.Create((_, _) => new AccessToken(IdentityTokens.Make(audience, now, TimeSpan.FromHours(1)), now.AddHours(1))), "the test"), new HttpClientTransport(_client));
    }

    private async Task<Envelope> StageAsync(TestBox box, Envelope message)
    {
        var body = BatchBody.Bytes(message.Body!);
        var (container, name) = (StagedBodies.ContainerOf(box.Id), Convert.ToHexStringLower(SHA256.HashData(body)));
        using var probe = new StorageProbe(azurite.ConnectionString, azurite.Trusting());
        await probe.PutBlobAsync(container, name, body);
        return message with { Body = null, BodyUrl = $"{container}/{name}", BodySha256 = name };
    }
}
