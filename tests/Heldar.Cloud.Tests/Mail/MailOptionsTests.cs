using Heldar.Cloud.Mail;

namespace Heldar.Cloud.Tests.Mail;

public sealed class MailOptionsTests
{
    [Theory]
    [InlineData("smtp://mail.example", "mail.example", 587, false)]
    [InlineData("smtp://mail.example:2525/", "mail.example", 2525, false)]
    [InlineData("smtp://127.0.0.1:25", "127.0.0.1", 25, false)]
    [InlineData("smtp://127.0.0.1:25?tls=off", "127.0.0.1", 25, true)]
    [InlineData("smtp://localhost?tls=off", "localhost", 587, true)]
    [InlineData("smtp://[::1]:25/?tls=off", "::1", 25, true)]
    public void Server_IsRead(string text, string host, int port, bool clear)
    {
        var options = Read(text, "heldar@example.com", out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal((host, port, clear), (options.Host, options.Port, options.InTheClear));
        Assert.Null(options.Login);
    }

    [Fact]
    public void Login_MayHoldAnyCharacter()
    {
        var login = Read("smtp://a%40b:p%3A%2F%C3%A4@localhost:25", "heldar@example.com", out _).Login!;

        Assert.Equal(("a@b", "p:/ä"), (login.UserName, login.Password));
    }

    [Theory]
    [InlineData("http://mail.example", "heldar@example.com", MailOptions.ServerVariable)]
    [InlineData("mail.example", "heldar@example.com", MailOptions.ServerVariable)]
    [InlineData("smtp://mail.example?tls=off", "heldar@example.com", MailOptions.ServerVariable)]
    [InlineData("smtp://localhost?tls=no", "heldar@example.com", MailOptions.ServerVariable)]
    [InlineData("smtps://mail.example", "heldar@example.com", MailOptions.ServerVariable)]
    [InlineData("", "heldar@example.com", MailOptions.ServerVariable)]
    [InlineData("smtp://user@mail.example", "heldar@example.com", MailOptions.ServerVariable)]
    [InlineData("smtp://u:hidden@mail.example", "", MailOptions.FromVariable)]
    [InlineData("smtp://u:hidden@mail.example", "Heldar <heldar@example.com>", MailOptions.FromVariable)]
    public void Mistakes_NameTheVariable_AndNeverThePassword(string server, string from, string variable)
    {
        Read(server, from, out var mistakes);

        Assert.StartsWith(variable, Assert.Single(mistakes), StringComparison.Ordinal);
        Assert.DoesNotContain(mistakes, m => m.Contains("hidden", StringComparison.Ordinal));
    }

    [Fact]
    public void NothingSet_SendsNothing()
    {
        Assert.Null(Read(null, null, out var mistakes).Host);
        Assert.Empty(mistakes);
    }

    [Theory]
    [InlineData("duty@example.com", true)]
    [InlineData("first.last+tag@mail.example.co", true)]
    [InlineData("duty", false)]
    [InlineData("@example.com", false)]
    [InlineData("duty@", false)]
    [InlineData("duty@exa mple.com", false)]
    [InlineData("a@b.example,c@d.example", false)]
    [InlineData("duty@example.com\r\nRCPT TO:<x@y.example>", false)]
    [InlineData("<duty@example.com>", false)]
    [InlineData("\"a b\"@example.com", false)]
    [InlineData("duty@[127.0.0.1]", false)]
    [InlineData("duty@127.0.0.1", false)]
    [InlineData(null, false)]
    public void Address_IsOneBareAddress(string? text, bool good) => Assert.Equal(good, MailOptions.IsAddress(text));

    private static MailOptions Read(string? server, string? from, out List<string> mistakes)
    {
        mistakes = [];
        return MailOptions.Read(server, from, mistakes);
    }
}
