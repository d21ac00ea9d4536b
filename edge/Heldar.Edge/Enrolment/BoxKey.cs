using System.Security.Cryptography;
using Heldar.Contracts.Events;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Enrolment;

/// <summary>The box's own P-256 key: made at the first start, in <c>box-key.pem</c> (PKCS#8, mode 0600), never leaves the box. Thread-safe.</summary>
internal sealed class BoxKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly Lock _lock = new();

    public BoxKey(ECDsa key)
    {
        _key = key;
        var spki = key.ExportSubjectPublicKeyInfo();
        PublicKey = Convert.ToBase64String(spki);
        Id = BoxKeys.KeyId(spki);
    }

    /// <summary>Base64 SubjectPublicKeyInfo.</summary>
    public string PublicKey { get; }

    /// <summary>See <see cref="BoxKeys.KeyId"/>.</summary>
    public string Id { get; }

    public static BoxKey Open(string dataFolder)
    {
        var file = Path.Combine(dataFolder, "box-key.pem");
        if (!File.Exists(file))
        {
            using var fresh = BoxKeys.Create();
            KeyFile.Write(file, System.Text.Encoding.ASCII.GetBytes(fresh.ExportPkcs8PrivateKeyPem()));
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(System.Text.Encoding.ASCII.GetString(KeyFile.Read(file, 8192)));
            return new BoxKey(key);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new InvalidDataException($"{file} holds no usable private key", e);
        }
    }

    /// <summary>Signature over the exact bytes: see <see cref="BoxKeys.Sign"/>.</summary>
    public string Sign(ReadOnlySpan<byte> body)
    {
        lock (_lock) return BoxKeys.Sign(_key, body);
    }

    public void Dispose() => _key.Dispose();
}
