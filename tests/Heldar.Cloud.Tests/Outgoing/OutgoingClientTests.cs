using System.Net;
using System.Net.Sockets;
using System.Text;
using Heldar.Cloud.Outgoing;
using Heldar.Testing;

namespace Heldar.Cloud.Tests.Outgoing;

/// <summary>The guard against a real server on loopback: what must not be reached notes no request.</summary>
public sealed class OutgoingClientTests
{
    private static readonly OutgoingOptions Quick = new() { Total = TimeSpan.FromSeconds(1), AllowLoopback = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_AreRead()
    {
        await using var receiver = await WebhookReceiver.StartAsync(async (context, _) =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "7";
            await context.Response.Body.WriteAsync("later"u8.ToArray());
        });

        var answer = await PostAsync(new OutgoingOptions { AllowLoopback = true }, receiver.Url);

        Assert.Equal((503, "later", 7d, false), (answer.Status, Encoding.UTF8.GetString(answer.Body), answer.RetryAfter!.Value.TotalSeconds, answer.IsGood));
        Assert.Equal("hello", Assert.Single(receiver.Requests).Text);
    }

    [Fact]
    public async Task Loopback_IsRefused_ByUrlAndByName_WithoutTheSwitch()
    {
        await using var receiver = await WebhookReceiver.StartAsync(tls: true);
        using var client = new OutgoingClient(new(), TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        Assert.Equal(OutgoingFailure.Refused, (await PostAsync(client, receiver.Url)).Failure);
        Assert.Equal(OutgoingFailure.Refused, (await PostAsync(client, new Uri($"https://receiver.example:{receiver.Url.Port}/"))).Failure);
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task Name_ThatHasOneForbiddenAddress_IsRefused()
    {
        using var client = new OutgoingClient(new(), TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("1.1.1.1"), IPAddress.Parse("169.254.169.254")]));

        Assert.Equal(OutgoingFailure.Refused, (await PostAsync(client, new Uri("https://both.example/"))).Failure);
    }

    [Fact]
    public async Task Name_IsResolvedOncePerConnection_AndTheCheckedAddressIsTheOneThatIsCalled()
    {
        await using var receiver = await WebhookReceiver.StartAsync(tls: true);
        var asked = 0;
        // The second answer would be the metadata address: whoever resolved again would get it.
        using var client = new OutgoingClient(Quick, TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([Interlocked.Increment(ref asked) == 1 ? IPAddress.Loopback : IPAddress.Parse("169.254.169.254")]));

        var first = await PostAsync(client, new Uri($"https://receiver.test:{receiver.Url.Port}/"));
        var afterFirst = asked;
        var second = await PostAsync(client, new Uri($"https://receiver.test:{receiver.Url.Port}/"));

        // The receiver was reached, and its certificate, which nobody vouches for, refused.
        Assert.Equal((OutgoingFailure.Tls, 1), (first.Failure, afterFirst));
        Assert.Equal((OutgoingFailure.Refused, 2), (second.Failure, asked));
        Assert.Empty(receiver.Requests);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirects_AreNotFollowed(int status)
    {
        await using var target = await WebhookReceiver.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync((context, _) =>
        {
            context.Response.Headers.Location = target.Url.ToString();
            return WebhookReceiver.Status(context, status);
        });

        Assert.Equal(status, (await PostAsync(Quick, receiver.Url)).Status);
        Assert.Empty(target.Requests);
    }

    [Fact]
    public async Task Answer_ThatComesByteByByte_EndsWithTheTotalTime()
    {
        await using var receiver = await WebhookReceiver.StartAsync(async (context, _) =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync("x"u8.ToArray(), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(50, context.RequestAborted);
            }
        });

        Assert.Equal(OutgoingFailure.Timeout, (await PostAsync(Quick, receiver.Url)).Failure);
    }

    [Fact]
    public async Task Receiver_ThatNeverAnswers_EndsWithTheTotalTime()
    {
        await using var receiver = await WebhookReceiver.StartAsync((context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));

        Assert.Equal(OutgoingFailure.Timeout, (await PostAsync(Quick, receiver.Url)).Failure);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_OfAGigabyte_IsCutOff(bool saysSo)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var flood = FloodAsync(listener, saysSo);

        Assert.Equal(OutgoingFailure.TooLarge, (await PostAsync(new OutgoingOptions { AllowLoopback = true }, new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"))).Failure);

        var sent = await flood;
        Assert.True(sent < 64 * 1024 * 1024, $"{sent} bytes were taken");
    }

    [Fact]
    public async Task Answer_OfAsMuchAsIsAllowed_IsRead()
    {
        await using var receiver = await WebhookReceiver.StartAsync((context, _) => context.Response.Body.WriteAsync(new byte[64 * 1024]).AsTask());

        Assert.Equal(64 * 1024, (await PostAsync(new OutgoingOptions { AllowLoopback = true }, receiver.Url)).Body.Length);
    }

    [Fact]
    public async Task NobodyThere_IsAConnectionFailure()
    {
        Uri gone;
        await using (var receiver = await WebhookReceiver.StartAsync()) gone = receiver.Url;

        Assert.Equal(OutgoingFailure.Connection, (await PostAsync(Quick, gone)).Failure);
    }

    // Counts what the kernel took, until the other side has closed.
    private static async Task<long> FloodAsync(TcpListener listener, bool saysSo)
    {
        using var one = await listener.AcceptTcpClientAsync(Token);
        await using var stream = one.GetStream();
        var block = new byte[64 * 1024];
        var sent = 0L;
        try
        {
            _ = await stream.ReadAtLeastAsync(block, 1, throwOnEndOfStream: true, Token);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{(saysSo ? $"Content-Length: {1 << 30}" : "Transfer-Encoding: chunked")}\r\n\r\n"), Token);
            for (; sent < 1 << 30; sent += block.Length)
            {
                if (!saysSo) await stream.WriteAsync("10000\r\n"u8.ToArray(), Token);
                await stream.WriteAsync(block, Token);
                if (!saysSo) await stream.WriteAsync("\r\n"u8.ToArray(), Token);
            }
        }
        catch (IOException)
        {
        }

        return sent;
    }

    private static async Task<OutgoingAnswer> PostAsync(OutgoingOptions options, Uri url)
    {
        using var client = new OutgoingClient(options, TimeProvider.System);
        return await PostAsync(client, url);
    }

    private static async Task<OutgoingAnswer> PostAsync(OutgoingClient client, Uri url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent("hello") };
        return await client.SendAsync(request, Token);
    }
}
