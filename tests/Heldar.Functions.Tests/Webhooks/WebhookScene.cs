using System.Text.Json;
using Dapper;
using Heldar.Cloud.Secrets;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Functions.Tests.Pipeline;
using Heldar.Testing;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Functions.Tests.Webhooks;

/// <summary>A scene with endpoints and the real handlers in this process, on a clock that the test moves.</summary>
internal sealed class WebhookScene : IAsyncDisposable
{
    private readonly Scene _scene;
    private readonly ServiceProvider _services;

    private WebhookScene(Scene scene, Func<FunctionsOptions, FunctionsOptions>? change)
    {
        _scene = scene;
        var options = new FunctionsOptions(scene.Cloud.PipelineDatabase, scene.Cloud.Storage, scene.Cloud.Shard, null, 0, 24) { OutgoingLoopback = true, Secrets = Keys };
        _services = new ServiceCollection().AddLogging().AddHandlers(change?.Invoke(options) ?? options).AddSingleton<IClock>(Clock).BuildServiceProvider();
    }

    /// <summary>What seals the secrets of every test.</summary>
    public static SecretBox Keys { get; } = SecretBox.Parse(Pipeline.Cloud.SecretKeys, out _);

    public ManualClock Clock { get; } = new(Scene.Now);

    public Pipeline.Cloud Cloud => _scene.Cloud;

    public TestBox Box => _scene.Box;

    public Guid Camera => _scene.Camera;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<WebhookScene> CreateAsync(PostgresFixture postgres, AzuriteFixture azurite, Func<FunctionsOptions, FunctionsOptions>? change = null) => new(await Scene.CreateAsync(postgres, azurite), change);

    /// <summary>Writes an endpoint, as the fleet does, and returns its id.</summary>
    public static async Task<Guid> AddEndpointAsync(Pipeline.Cloud cloud, Uri url, string secret, bool ordered = false, params EventFilter[] filters)
    {
        var endpoint = Guid.CreateVersion7();
        await using var connection = await cloud.Database.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(
            "insert into webhook_endpoint (tenant, endpoint, name, url, secrets, ordered) values ('main', @endpoint, 'receiver', @url, @secrets, @ordered)",
            new { endpoint, url = url.ToString(), secrets = Keys.Seal(JsonSerializer.Serialize(new[] { new WebhookSecret(secret) }, HeldarJson.Options), DeliverySender.SecretsOwner("main", endpoint)), ordered });
        foreach (var filter in filters)
            await connection.ExecuteAsync(
                "insert into webhook_subscription (tenant, subscription, endpoint, filter) values ('main', @id, @endpoint, @filter::jsonb)",
                new { id = Guid.CreateVersion7(), endpoint, filter = JsonSerializer.Serialize(filter, HeldarJson.Options) });
        return endpoint;
    }

    public Task<Guid> AddEndpointAsync(Uri url, string? secret = null, bool ordered = false, params EventFilter[] filters) =>
        AddEndpointAsync(Cloud, url, secret ?? WebhookSignature.NewSecret(), ordered, filters.Length > 0 ? filters : [new EventFilter()]);

    /// <summary>Says what the receiver is shown, as the fleet does.</summary>
    public async Task ShowAsync(Guid endpoint, ReceiverCredential credential)
    {
        await using var connection = await Cloud.Database.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(
            "update webhook_endpoint set auth = 'bearer', credential = @credential where endpoint = @endpoint",
            new { endpoint, credential = Keys.Seal(credential.ToJson(), DeliverySender.CredentialOwner("main", endpoint)) });
    }

    /// <summary>A crossing of the camera's zone.</summary>
    public CloudEvent Crossing(int number = 0) => CrossingOf(Box, Camera, Clock.GetCurrentInstant(), number);

    public static CloudEvent CrossingOf(TestBox box, Guid camera, Instant at, int number) => CloudEvent.Create(
        EventTypes.Zone, Guid.CreateVersion7().ToString("D"), EventSource.OfCamera(box.Tenant, box.Site, camera), at,
        new ZoneData { Camera = camera, Zone = "z1", Name = "Gate", Event = ZoneEvent.CrossAb, Timestamp = at, TrackId = $"{number}", Label = "person", Confidence = 0.9, Severity = Severity.Warning });

    /// <summary>Sends events as their box does and runs all handlers until nothing is visible in the queues.</summary>
    public async Task SendAsync(params CloudEvent[] events)
    {
        if (events.Length > 0) await Cloud.SendAsync(Box.Seal(events, EventClass.Alert), QueueNames.Detections);
        while (await StepAsync(QueueNames.Detections) + await StepAsync(QueueNames.Fanout) + await StepAsync(QueueNames.Webhooks) > 0)
        {
        }
    }

    /// <summary>Runs all handlers until a condition holds in the database: what was put back for a moment comes in its time.</summary>
    public Task SettleAsync(string sql) => Pipeline.Cloud.UntilAsync(sql, async () =>
    {
        await SendAsync();
        return await ScalarAsync<bool>(sql);
    });

    /// <summary>Moves the clock on, runs the timer once and then all handlers.</summary>
    public async Task LaterAsync(Duration by)
    {
        Clock.Advance(by);
        await _services.GetServices<ITimerFunction>().Single(t => t.Name == "RequeueWebhooks").RunAsync(Token);
        await SendAsync();
    }

    /// <summary>One of the handlers' services.</summary>
    public T Services<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public Task<T> ScalarAsync<T>(string sql) => Cloud.ScalarAsync<T>(sql);

    /// <summary>Runs the handler of what one look finds in a queue, all at once as both fronts do.</summary>
    public async Task<int> StepAsync(string queue)
    {
        var function = _services.GetServices<IQueueFunction>().Single(f => f.Queue == queue);
        var name = Cloud.Queue(queue);
        var messages = await Cloud.Queues.ReceiveAsync(name, 32, TimeSpan.FromMinutes(2), Token);
        await Task.WhenAll(messages.Select(async m =>
        {
            await function.RunAsync(new QueueMessage(name, m.Id, m.DequeueCount, Convert.FromBase64String(m.Text)), Token);
            await Cloud.Queues.DeleteAsync(name, m.Id, m.PopReceipt, Token);
        }));
        return messages.Count;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _scene.DisposeAsync();
    }
}
