using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Heldar.Local.Processes;

namespace Heldar.Testing;

/// <summary>One e-mail as the server took it.</summary>
/// <param name="From">Envelope sender.</param>
/// <param name="To">Envelope recipients.</param>
/// <param name="Content">The whole message, a character for a byte.</param>
/// <param name="Tls">Whether it came by TLS.</param>
/// <param name="Login">Whether its sender gave the login.</param>
public sealed record ReceivedMail(string From, IReadOnlyList<string> To, string Content, bool Tls, bool Login);

/// <summary>
/// A real SMTP server on loopback (Debian's python3-aiosmtpd). It refuses <c>nobody@</c> with 550 and <c>full@</c> with 452, and never answers <c>slow@</c>. It dies with the test process.
/// </summary>
public sealed class MailServer : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly string _folder;
    private readonly ChildProcess _child;

    private MailServer(string folder, ChildProcess child, int port) => (_folder, _child, Port) = (folder, child, port);

    /// <summary>Where it listens on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>What it took so far.</summary>
    public IReadOnlyList<ReceivedMail> Received => File.Exists(Kept(_folder)) ? [.. File.ReadAllLines(Kept(_folder)).Select(l => JsonSerializer.Deserialize<ReceivedMail>(l, Json)!)] : [];

    /// <summary>Starts one. With a certificate it demands STARTTLS, with a login (<c>user:password</c>) it demands that.</summary>
    public static async Task<MailServer> StartAsync(X509Certificate2? certificate = null, string? login = null, CancellationToken cancellation = default)
    {
        var folder = TemporaryFolder.Create("mail");
        var (script, pem, port) = (Path.Combine(folder, "mailserver.py"), Path.Combine(folder, "certificate.pem"), Ports.Free());
        await using (var file = File.Create(script)) await typeof(MailServer).Assembly.GetManifestResourceStream("Heldar.Testing.mailserver.py")!.CopyToAsync(file, cancellation);
        List<string> arguments = [script, "--port", port.ToString(CultureInfo.InvariantCulture), "--kept", Kept(folder)];
        if (login is not null) arguments.AddRange(["--login", login]);
        if (certificate is not null)
        {
            using var key = certificate.GetECDsaPrivateKey()!;
            await File.WriteAllTextAsync(pem, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n", cancellation);
            arguments.AddRange(["--certificate", pem]);
        }

        var spec = new ChildSpec("mail", "/usr/bin/python3", arguments, Path.Combine(folder, "mail.log"));
        var child = await ChildProcess.StartAsync(spec);
        await Readiness.WaitAsync("the mail server is ready", async token => (await File.ReadAllTextAsync(spec.LogFile, token)).Contains("ready", StringComparison.Ordinal), TimeSpan.FromSeconds(20), child, cancellation);
        return new MailServer(folder, child, port);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _child.DisposeAsync();
        TemporaryFolder.Delete(_folder);
    }

    private static string Kept(string folder) => Path.Combine(folder, "kept.jsonl");
}
