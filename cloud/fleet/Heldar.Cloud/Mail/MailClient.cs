using System.Net.Mail;
using System.Net.Mime;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Heldar.Cloud.Outgoing;

namespace Heldar.Cloud.Mail;

/// <summary>
/// Hands e-mails to the deployment's mail server, a connection each. By the framework's SMTP client: it encodes headers, refuses line breaks in them and speaks STARTTLS, which
/// is all that is needed toward one trusted server; it stands behind this class alone. Thread-safe.
/// </summary>
public sealed class MailClient(MailOptions options, TimeProvider time)
{
    private const int Accepted = 250;
    private static readonly OutgoingAnswer NoServer = OutgoingAnswer.Failed(OutgoingFailure.Setup, $"no mail server is set: {MailOptions.ServerVariable} and {MailOptions.FromVariable}");

    /// <summary>Sends an e-mail; the status is the server's reply code. Every expected failure is in the answer; only the caller's cancellation throws.</summary>
    public async Task<OutgoingAnswer> SendAsync(MailText mail, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(mail);
        if (options.Host is not { } host) return NoServer;
        using var limit = new CancellationTokenSource(options.Total, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            // Without STARTTLS nothing is said, password and text least of all.
            using var client = new SmtpClient(host, options.Port) { EnableSsl = !options.InTheClear, UseDefaultCredentials = false, Credentials = options.Login };
            using var message = Compose(mail);
            await client.SendMailAsync(message, both.Token);
            return new(Accepted, [], null, null, null);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return OutgoingAnswer.Failed(OutgoingFailure.Timeout, $"the mail server did not take it within {options.Total.TotalSeconds:0.#} s");
        }
        catch (SmtpException fault)
        {
            return Failed(fault);
        }
    }

    private MailMessage Compose(MailText mail)
    {
        var message = new MailMessage(options.From, mail.To)
        {
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = mail.Text,
            BodyEncoding = Encoding.UTF8,
            BodyTransferEncoding = TransferEncoding.QuotedPrintable,
        };
        message.Headers.Add("Message-ID", $"<{mail.Id}@{options.From.Split('@')[1]}>");
        // RFC 3834: no machine answers it.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        return message;
    }

    private static OutgoingAnswer Failed(SmtpException fault)
    {
        for (Exception? inner = fault; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException) return OutgoingAnswer.Failed(OutgoingFailure.Tls, inner.Message);
            if (inner is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }) return OutgoingAnswer.Failed(OutgoingFailure.NoSuchHost, "the mail server's name does not resolve");
            if (inner is SocketException or IOException) return OutgoingAnswer.Failed(OutgoingFailure.Connection, inner.Message);
        }

        return fault.StatusCode >= SmtpStatusCode.ServiceNotAvailable
            ? new((int)fault.StatusCode, Encoding.UTF8.GetBytes(fault.Message), null, null, null)
            : OutgoingAnswer.Failed(OutgoingFailure.Protocol, fault.Message);
    }
}
