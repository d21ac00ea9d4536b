using System.Net;
using Heldar.Cloud.Mail;
using Heldar.Cloud.Outgoing;
using Heldar.Testing;

namespace Heldar.Cloud.Tests.Mail;

/// <summary>E-mails to a real SMTP server.</summary>
public sealed class MailClientTests
{
    private static readonly MailText Alarm = new("duty@example.com", "msg_1", "Zone: Tor 7, Größe (depot)", "First line\n.\nÄ and \U0001F6A8\n" + new string('x', 1500));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mail_ArrivesWhole()
    {
        await using var server = await MailServer.StartAsync(cancellation: Token);

        var answer = await SendAsync(Options(server), Alarm);

        Assert.Equal((250, true), (answer.Status, answer.IsGood));
        var mail = Assert.Single(server.Received);
        Assert.Equal(("heldar@example.org", "duty@example.com"), (mail.From, Assert.Single(mail.To)));
        Assert.Contains("Message-ID: <msg_1@example.org>\r\n", mail.Content, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Auto-Submitted: auto-generated\r\n", mail.Content, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("=C3=84 and =F0=9F=9A=A8", mail.Content, StringComparison.Ordinal);
        Assert.Contains("=?utf-8?", mail.Content, StringComparison.OrdinalIgnoreCase);
        Assert.All(mail.Content.Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
    }

    [Theory]
    [InlineData("nobody@example.com", 550)]
    [InlineData("full@example.com", 452)]
    public async Task Refusal_IsTheServersCode(string to, int status)
    {
        await using var server = await MailServer.StartAsync(cancellation: Token);

        var answer = await SendAsync(Options(server), Alarm with { To = to });

        Assert.Equal((status, false, null), (answer.Status, answer.IsGood, answer.Failure));
        Assert.Empty(server.Received);
    }

    [Theory]
    [InlineData("right", null)]
    [InlineData("wrong", 530)]
    public async Task Login_IsGiven(string password, int? refused)
    {
        await using var server = await MailServer.StartAsync(login: "heldar:right", cancellation: Token);

        var answer = await SendAsync(Options(server) with { Login = new NetworkCredential("heldar", password) }, Alarm);

        Assert.Equal(refused ?? 250, answer.Status);
        Assert.Equal(refused is null ? [true] : [], server.Received.Select(m => m.Login));
    }

    [Fact]
    public async Task Server_WithoutStartTls_GetsNothing_WhenItIsRequired()
    {
        await using var server = await MailServer.StartAsync(cancellation: Token);

        var answer = await SendAsync(Options(server) with { InTheClear = false }, Alarm);

        Assert.False(answer.IsGood);
        Assert.NotNull(answer.Failure);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task Server_ThatNobodyVouchesFor_GetsNothing()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("mail.test", server: true);
        await using var server = await MailServer.StartAsync(certificate, cancellation: Token);

        var answer = await SendAsync(Options(server) with { InTheClear = false }, Alarm);

        Assert.Equal(OutgoingFailure.Tls, answer.Failure);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task Server_ThatDoesNotAnswer_EndsWithTheTotalTime()
    {
        await using var server = await MailServer.StartAsync(cancellation: Token);

        var answer = await SendAsync(Options(server) with { Total = TimeSpan.FromSeconds(1) }, Alarm with { To = "slow@example.com" });

        Assert.Equal(OutgoingFailure.Timeout, answer.Failure);
    }

    [Fact]
    public async Task NobodyThere_OrNoServerSet_IsSaid()
    {
        MailOptions gone;
        await using (var server = await MailServer.StartAsync(cancellation: Token)) gone = Options(server);

        Assert.Equal(OutgoingFailure.Connection, (await SendAsync(gone, Alarm)).Failure);
        Assert.Equal(OutgoingFailure.Setup, (await SendAsync(new(), Alarm)).Failure);
    }

    private static MailOptions Options(MailServer server) => new() { Host = "localhost", Port = server.Port, InTheClear = true, From = "heldar@example.org" };

    private static Task<OutgoingAnswer> SendAsync(MailOptions options, MailText mail) => new MailClient(options, TimeProvider.System).SendAsync(mail, Token);
}
