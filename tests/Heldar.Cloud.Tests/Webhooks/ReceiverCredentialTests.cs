using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Heldar.Cloud.Webhooks;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Cloud.Tests.Webhooks;

public sealed class ReceiverCredentialTests
{
    private static readonly Instant Now = Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow());

    [Theory]
    [InlineData("pfx", null)]
    [InlineData("pfx", "pass word")]
    [InlineData("pem", null)]
    [InlineData("pem", "pass word")]
    public void Certificate_IsReadWithItsKeyAndChain(string form, string? password)
    {
        using var authority = new TestAuthority();
        using var client = authority.Issue("heldar", server: false);
        var pbe = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        using var key = client.GetECDsaPrivateKey()!;
        using var issuer = X509CertificateLoader.LoadCertificate(authority.Root.RawData);
        var text = form == "pfx"
            ? Convert.ToBase64String(new X509Certificate2Collection { client, issuer }.Export(X509ContentType.Pkcs12, password)!)
            : $"{client.ExportCertificatePem()}\n{(password is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(password, pbe))}\n{authority.Root.ExportCertificatePem()}";

        var read = ReceiverCredential.Parse(ReceiverCredential.OfCertificate(text, password, Now).ToJson());

        var loaded = X509CertificateLoader.LoadPkcs12Collection(read.Pfx!, null);
        Assert.Equal(2, loaded.Count);
        Assert.Equal(client.Thumbprint, Assert.Single(loaded, c => c.HasPrivateKey).Thumbprint);
        Assert.StartsWith("CN=heldar, until 20", read.About, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_IsRefused_WhenItCannotServe()
    {
        using var authority = new TestAuthority();
        using var client = authority.Issue("heldar", server: false);
        using var other = authority.Issue("other", server: false);
        using var ended = authority.Issue("ended", server: false, days: 0.5);
        using var otherKey = other.GetECDsaPrivateKey()!;

        Assert.Contains("ended", Refused(Convert.ToBase64String(ended.Export(X509ContentType.Pkcs12))), StringComparison.Ordinal);
        Refused(client.ExportCertificatePem());
        Refused($"{client.ExportCertificatePem()}\n{otherKey.ExportPkcs8PrivateKeyPem()}");
        Refused(Convert.ToBase64String(client.Export(X509ContentType.Cert)));
        Refused(Convert.ToBase64String(client.Export(X509ContentType.Pkcs12, "right")), "wrong");
        Refused("-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----");
        Refused(Convert.ToBase64String(new X509Certificate2Collection { client, other }.Export(X509ContentType.Pkcs12)!));
        Refused("hello");
        Refused("");
        Refused(null);
        Refused(new string('A', ReceiverCredential.MaxCertificate + 1));
    }

    [Theory]
    [InlineData("abc", true)]
    [InlineData("a.b-c_d~e+f/g==", true)]
    [InlineData("", false)]
    [InlineData("two words", false)]
    [InlineData("line\r\nX-Evil: 1", false)]
    [InlineData("ü", false)]
    [InlineData(null, false)]
    public void Token_IsPrintableAscii(string? token, bool good) => Assert.Equal(good, ReceiverCredential.OfToken(token) is not null);

    private static string Refused(string? text, string? password = null) => Assert.Throws<FormatException>(() => ReceiverCredential.OfCertificate(text, password, Now)).Message;
}
