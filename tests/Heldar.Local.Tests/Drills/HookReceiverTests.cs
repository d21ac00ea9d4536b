using System.Globalization;
using System.Net;
using System.Text;
using Heldar.Cloud.Webhooks;
using Heldar.Local.Drills;
using Heldar.Local.FleetSim;
using Heldar.Local.Tests.FleetSim;
using NodaTime;

namespace Heldar.Local.Tests.Drills;

/// <summary>The drill's receiver, called as the cloud calls it: what it believes, what it refuses, and that its judge proves itself on it.</summary>
public sealed class HookReceiverTests
{
    private static readonly string Secret = WebhookSignature.NewSecret();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_SignedByTheProduct_IsBelieved()
    {
        await using HookReceiver receiver = await StartAsync();

        Assert.Equal(HttpStatusCode.NoContent, await CallAsync(receiver, "msg_1", Body("e1")));

        HookAttempt one = Assert.Single(receiver.Attempts);
        Assert.True(one.Taken);
        Assert.Equal(("msg_1", "e1"), (one.Id, one.Event!.Id));
    }

    [Fact]
    public async Task Call_ThatIsNotSignedRight_IsRefusedAndNoted()
    {
        await using HookReceiver receiver = await StartAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(receiver, "msg_1", Body("e1"), secret: WebhookSignature.NewSecret()));
        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(receiver, "msg_1", Body("e1"), secondsAgo: 600));
        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(receiver, "", Body("e1")));
        Assert.Equal(HttpStatusCode.BadRequest, await CallAsync(receiver, "msg_1", "[1]"));
        Assert.Equal(HttpStatusCode.BadRequest, await CallAsync(receiver, "msg_1", "no json"));

        Assert.Equal(5, receiver.Attempts.Count);
        Assert.DoesNotContain(receiver.Attempts, one => one.Taken || one.Fault is null);
    }

    [Fact]
    public async Task UnrulyReceiver_RefusesSomeFirstTries_InBothWays_AndNoSecondOne()
    {
        await using HookReceiver receiver = await StartAsync();
        receiver.Unruly = true;
        for (var tries = 0; tries < 2; tries++)
            for (var n = 0; n < 150; n++) await CallAsync(receiver, string.Create(CultureInfo.InvariantCulture, $"msg_{n}"), Body($"e{n}"));

        IReadOnlyList<HookAttempt> all = receiver.Attempts;
        Assert.Equal(300, all.Count);
        Assert.InRange(all.Take(150).Count(one => !one.Taken), 2, 40);
        Assert.Equal([0, 500], all.Where(one => !one.Taken).Select(one => one.Answer).Distinct().Order());
        Assert.All(all.Skip(150), one => Assert.True(one.Taken));
    }

    [Fact]
    public async Task Proof_FindsEveryFault_AndNothingWithoutADelivery()
    {
        SimLedger ledger = SimScript.Ledger(100, out _);
        await using HookReceiver receiver = await StartAsync();
        await Assert.ThrowsAsync<Heldar.Local.Processes.ProcessException>(() => new HookProof(receiver, ledger, HookTrial.Wanted).RunAsync(Cancellation));
        foreach (SimLine line in HookJudge.Expected(ledger, HookTrial.Wanted))
            await CallAsync(receiver, $"msg_{line.Event}", $$"""{"specversion":"1.0","id":"{{line.Event}}","source":"{{HookJudge.SourceOf(line)}}","type":"{{line.Type}}","time":"{{NodaTime.Text.InstantPattern.ExtendedIso.Format(line.Time!.Value)}}","data":{{line.Data}}}""");

        Assert.True(HookJudge.Judge(ledger, receiver.Attempts, HookTrial.Wanted).Ok);
        Assert.Equal(["delivery_loss", "second_delivery", "unsigned_delivery", "changed_delivery", "repeated_delivery"], await new HookProof(receiver, ledger, HookTrial.Wanted).RunAsync(Cancellation));
        Assert.True(HookJudge.Judge(ledger, receiver.Attempts, HookTrial.Wanted).Ok);
    }

    private static async Task<HookReceiver> StartAsync()
    {
        HookReceiver receiver = await HookReceiver.StartAsync(1);
        receiver.Secret = Secret;
        return receiver;
    }

    private static string Body(string id) => $$"""{"specversion":"1.0","id":"{{id}}","source":"/s","type":"t","time":"2026-03-01T12:00:00Z","data":[]}""";

    /// <summary>The answer; null when the line was cut.</summary>
    private static async Task<HttpStatusCode?> CallAsync(HookReceiver receiver, string id, string text, string? secret = null, int secondsAgo = 0)
    {
        byte[] body = Encoding.UTF8.GetBytes(text);
        Instant at = SystemClock.Instance.GetCurrentInstant() - Duration.FromSeconds(secondsAgo);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, receiver.Url) { Content = new ByteArrayContent(body) };
        request.Headers.Add(WebhookSignature.IdHeader, id);
        request.Headers.Add(WebhookSignature.TimestampHeader, at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Sign([new WebhookSecret(secret ?? Secret)], id, at, body));
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request, Cancellation);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
