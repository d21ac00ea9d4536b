using Heldar.Cloud.Webhooks;
using Heldar.Testing;

namespace Heldar.Functions.Tests.Webhooks;

/// <summary>Receivers that mean harm, met by the real handlers: each costs one attempt, is written down, and reaches nothing else.</summary>
public sealed class HostileReceiverTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Theory]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirect_ToTheMetadataAddress_IsAFailedAttempt(int status)
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync((context, _) =>
        {
            context.Response.Headers.Location = "http://169.254.169.254/latest/meta-data/";
            return WebhookReceiver.Status(context, status);
        });
        await scene.AddEndpointAsync(receiver.Url);

        await scene.SendAsync(scene.Crossing());

        Assert.Single(receiver.Requests);
        Assert.Equal($"{status} status pending", await scene.ScalarAsync<string>("select a.status || ' ' || a.failure || ' ' || d.state from webhook_attempt a join webhook_delivery d using (tenant, delivery)"));
    }

    [Fact]
    public async Task Answer_OfAGigabyte_IsAFailedAttempt()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync(async (context, _) =>
        {
            var block = new byte[64 * 1024];
            for (var sent = 0L; sent < 1 << 30 && !context.RequestAborted.IsCancellationRequested; sent += block.Length) await context.Response.Body.WriteAsync(block, context.RequestAborted);
        });
        await scene.AddEndpointAsync(receiver.Url);

        await scene.SendAsync(scene.Crossing());

        Assert.Equal("too_large pending", await scene.ScalarAsync<string>("select a.failure || ' ' || d.state from webhook_attempt a join webhook_delivery d using (tenant, delivery)"));
    }

    [Fact]
    public async Task Answer_ThatComesByteByByte_EndsWithTheTotalTime_AndOthersDoNotWaitForIt()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var slow = await WebhookReceiver.StartAsync(async (context, _) =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync("x"u8.ToArray(), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(100, context.RequestAborted);
            }
        });
        await using var well = await WebhookReceiver.StartAsync();
        await scene.AddEndpointAsync(slow.Url);
        await scene.AddEndpointAsync(well.Url);

        var sending = scene.SendAsync(scene.Crossing());
        await Pipeline.Cloud.UntilAsync("the well one has it", () => Task.FromResult(well.Requests.Count == 1));
        Assert.False(sending.IsCompleted);
        await sending;

        Assert.Equal("timeout", await scene.ScalarAsync<string>("select failure from webhook_attempt where failure is not null"));
        Assert.InRange(await scene.ScalarAsync<int>("select duration_ms from webhook_attempt where failure is not null"), 9_000, 14_000);
    }

    [Fact]
    public async Task Answer_WithTextThatNoColumnHolds_IsKeptClean()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync(async (context, _) =>
        {
            context.Response.StatusCode = 500;
            await context.Response.Body.WriteAsync(new byte[] { 0x41, 0x00, 0xff, 0xc3, 0x28, 0x0a });
        });
        await scene.AddEndpointAsync(receiver.Url, WebhookSignature.NewSecret());

        await scene.SendAsync(scene.Crossing());

        Assert.StartsWith("A ", await scene.ScalarAsync<string>("select detail from webhook_attempt"), StringComparison.Ordinal);
    }
}
