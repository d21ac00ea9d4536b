using System.Net;
using System.Net.Mail;

namespace Heldar.Cloud.Mail;

/// <summary>Which server takes the e-mails of this deployment.</summary>
public sealed record MailOptions
{
    /// <summary>Environment variable of the server: <c>smtp://user:password@mail.example:587</c>. STARTTLS is required; <c>?tls=off</c> does without toward this machine.</summary>
    public const string ServerVariable = "HELDAR_SMTP";

    /// <summary>Environment variable of the sender's address.</summary>
    public const string FromVariable = "HELDAR_MAIL_FROM";

    private const int SubmissionPort = 587;

    /// <summary>Host of the server; null when no e-mail is sent.</summary>
    public string? Host { get; init; }

    public int Port { get; init; }

    /// <summary>User and password; null where the server asks for none.</summary>
    public NetworkCredential? Login { get; init; }

    /// <summary>Who sends.</summary>
    public string From { get; init; } = "";

    /// <summary>From the connection to the server's answer to the text. Longer lets a slow server hold a slot longer.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whether everything is said in the clear: <c>?tls=off</c>, for a server on this machine only.</summary>
    public bool InTheClear { get; init; }

    /// <summary>Reads the values of both variables; mistakes name the variable and never hold a password.</summary>
    public static MailOptions Read(string? server, string? from, ICollection<string> mistakes)
    {
        ArgumentNullException.ThrowIfNull(mistakes);
        if (string.IsNullOrEmpty(server) && string.IsNullOrEmpty(from)) return new();
        if (!IsAddress(from)) mistakes.Add($"{FromVariable}: '{from}' is not an e-mail address such as heldar@example.com");
        if (!Uri.TryCreate(server, UriKind.Absolute, out var url) || url.Scheme != "smtp" || url.Host.Length == 0 || url.AbsolutePath.Length > 1 || url.Query is not ("" or "?tls=off"))
        {
            mistakes.Add($"{ServerVariable}: not an address such as smtp://user:password@mail.example:587");
            return new();
        }

        var login = url.UserInfo.Split(':', 2) is [{ Length: > 0 } user, var password] ? new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password)) : null;
        if (url.UserInfo.Length > 0 && login is null) mistakes.Add($"{ServerVariable}: give user and password, or neither");
        var clear = url.Query.Length > 0;
        if (clear && url.DnsSafeHost != "localhost" && !(IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address)))
            mistakes.Add($"{ServerVariable}: tls=off is for a server on this machine only");
        return new() { Host = url.DnsSafeHost, InTheClear = clear, Port = url.Port > 0 ? url.Port : SubmissionPort, Login = login, From = from ?? "" };
    }

    /// <summary>Whether a text is one bare e-mail address of at most 254 characters (RFC 5321 §4.5.3.1.3), without a name beside it.</summary>
    public static bool IsAddress(string? text) =>
        text is { Length: >= 3 and <= 254 } && text.All(c => c is > ' ' and <= '~' and not ('<' or '>' or '"' or ',' or ';' or '(' or ')' or '\\' or ':' or '[' or ']'))
        && text.Split('@') is [{ Length: >= 1 and <= 64 }, var domain] && Uri.CheckHostName(domain) == UriHostNameType.Dns && MailAddress.TryCreate(text, out _);
}
