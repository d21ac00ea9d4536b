using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Backup;

/// <summary>
/// Head of an age file (https://age-encryption.org/v1) with one passphrase: the file key, wrapped with a key that scrypt makes of the passphrase, and an HMAC over the head. The
/// program <c>age</c> opens what is written here, and the other way round.
/// </summary>
internal static class AgeHeader
{
    /// <summary>First line of every file.</summary>
    public const string Magic = "age-encryption.org/v1";

    /// <summary>2^15 rounds: 32 MiB and about a fifth of a second.</summary>
    public const int WorkFactor = 15;

    private const int MaxWorkFactor = 20;
    private const int MaxHeader = 4096;
    private const int FileKeyBytes = 16;
    private const int TagBytes = 16;
    private const string Label = "age-encryption.org/v1/scrypt";

    /// <summary>Writes the head of a new file.</summary>
    /// <returns>Key of the payload.</returns>
    public static byte[] Write(Stream output, Secret passphrase, int workFactor = WorkFactor)
    {
        var fileKey = RandomNumberGenerator.GetBytes(FileKeyBytes);
        var salt = RandomNumberGenerator.GetBytes(16);
        var wrapped = new byte[FileKeyBytes + TagBytes];
        using (var cipher = new ChaCha20Poly1305(WrapKey(passphrase, salt, workFactor)))
            cipher.Encrypt(new byte[12], fileKey, wrapped.AsSpan(0, FileKeyBytes), wrapped.AsSpan(FileKeyBytes));
        var head = $"{Magic}\n-> scrypt {Base64(salt)} {workFactor.ToString(CultureInfo.InvariantCulture)}\n{Base64(wrapped)}\n---";
        output.Write(Encoding.ASCII.GetBytes($"{head} {Base64(Mac(fileKey, head))}\n"));
        var nonce = RandomNumberGenerator.GetBytes(16);
        output.Write(nonce);
        return PayloadKey(fileKey, nonce);
    }

    /// <summary>Reads the head; the stream stands at the payload then.</summary>
    /// <returns>Key of the payload.</returns>
    /// <exception cref="BackupException">Another format, a wrong passphrase, or damage.</exception>
    public static byte[] Read(Stream input, Secret passphrase)
    {
        if (Line(input) != Magic) throw new BackupException("the file is not encrypted by age");
        if (Line(input).Split(' ') is not ["->", "scrypt", var saltText, var work]) throw new BackupException("the file is encrypted for a key, not with a passphrase");
        if (!int.TryParse(work, NumberStyles.None, CultureInfo.InvariantCulture, out var workFactor) || workFactor is < 1 or > MaxWorkFactor)
            throw new BackupException($"the file asks for 2^{work} rounds of scrypt; at most 2^{MaxWorkFactor} are done");
        var body = Line(input);
        var last = Line(input);
        if (!last.StartsWith("--- ", StringComparison.Ordinal)) throw new BackupException("the head of the file is damaged");
        var (salt, wrapped, mac) = (Bytes(saltText, 16), Bytes(body, FileKeyBytes + TagBytes), Bytes(last[4..], 32));
        var fileKey = new byte[FileKeyBytes];
        try
        {
            using var cipher = new ChaCha20Poly1305(WrapKey(passphrase, salt, workFactor));
            cipher.Decrypt(new byte[12], wrapped.AsSpan(0, FileKeyBytes), wrapped.AsSpan(FileKeyBytes), fileKey);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new BackupException("the passphrase is wrong, or the head of the file is damaged");
        }

        if (!CryptographicOperations.FixedTimeEquals(mac, Mac(fileKey, $"{Magic}\n-> scrypt {saltText} {work}\n{body}\n---"))) throw new BackupException("the head of the file is damaged");
        var nonce = new byte[16];
        if (input.ReadAtLeast(nonce, nonce.Length, throwOnEndOfStream: false) < nonce.Length) throw new BackupException("the file ends in its head");
        return PayloadKey(fileKey, nonce);
    }

    private static byte[] WrapKey(Secret passphrase, byte[] salt, int workFactor) =>
        Scrypt.Derive(Encoding.UTF8.GetBytes(passphrase.Reveal()), [.. Encoding.ASCII.GetBytes(Label), .. salt], workFactor, 8, 1, 32);

    private static byte[] PayloadKey(byte[] fileKey, byte[] nonce) => HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, 32, nonce, "payload"u8.ToArray());

    private static byte[] Mac(byte[] fileKey, string head) => HMACSHA256.HashData(HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, 32, salt: null, "header"u8.ToArray()), Encoding.ASCII.GetBytes(head));

    private static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    // Only the canonical spelling counts: the last character carries bits that decode to nothing, and nothing in the head may be changed unseen.
    private static byte[] Bytes(string text, int length)
    {
        var bytes = new byte[length];
        return text.Length == ((length * 4) + 2) / 3 && Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var count) && count == length && Base64(bytes) == text
            ? bytes
            : throw new BackupException("the head of the file is damaged");
    }

    private static string Line(Stream input)
    {
        var line = new StringBuilder();
        while (line.Length < MaxHeader)
        {
            var next = input.ReadByte();
            if (next == '\n') return line.ToString();
            if (next is < ' ' or > '~') throw new BackupException("the head of the file is damaged");
            line.Append((char)next);
        }

        throw new BackupException("the head of the file is damaged");
    }
}
