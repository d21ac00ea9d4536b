using System.Security.Cryptography;
using System.Text;
using Heldar.Edge.Backup;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Tests.Backup;

public sealed class AgeTests
{
    /// <summary>Made by <c>age -p</c> 1.1.1 of the text "hello from age".</summary>
    private const string MadeByAge =
        "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCA2MXJrMUxwQmVjVUtwdmdXWGovdXdBIDE4CnVIRVFXdGpPR25ORDBmc1RnUVRmRDY4ang3R1dXQ0p2TnNCc0d2Nk9EUTQKLS0tIE5mSWdGMHpyL0xJTnR5Ykhlcy83eG5HelFpTnJjWEhCbWZZallwRXJYMmcK1liuuKfMJ0KMQ/SvLF1D6mbDZy8+JsbgAgP2qNwq/TDJeU+gMvROqJANZ5WVQw==";

    private const int Chunk = 64 * 1024;
    private static readonly Secret Phrase = new("correct horse battery");

    /// <summary>RFC 7914, section 12.</summary>
    [Theory]
    [InlineData("", "", 4, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [InlineData("password", "NaCl", 10, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    [InlineData("pleaseletmein", "SodiumChloride", 14, 8, 1, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")]
    public void Scrypt_IsThatOfTheRfc(string passphrase, string salt, int logN, int r, int p, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(Scrypt.Derive(Encoding.ASCII.GetBytes(passphrase), Encoding.ASCII.GetBytes(salt), logN, r, p, 64)));

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    [Fact]
    public void Reader_OpensWhatAgeWrote() => Assert.Equal("hello from age", Encoding.ASCII.GetString(Open(Convert.FromBase64String(MadeByAge), Phrase)));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData((3 * Chunk) + 17)]
    public void RoundTrip_GivesTheSame(int length)
    {
        var plain = RandomNumberGenerator.GetBytes(length);
        var file = Seal(plain);

        Assert.Equal(plain, Open(file, Phrase));
        Assert.Equal(plain.Length + (Math.Max(1, (length + Chunk - 1) / Chunk) * 16), file.Length - HeaderBytes(file));
    }

    [Fact]
    public void WrongPassphrase_IsNamed() => Assert.Contains("passphrase is wrong", Assert.Throws<BackupException>(() => Open(Seal([1, 2, 3]), new Secret("correct horse batterx"))).Message, StringComparison.Ordinal);

    [Fact]
    public void AnyChange_IsRefused()
    {
        var file = Seal(RandomNumberGenerator.GetBytes(2 * Chunk));
        var head = HeaderBytes(file);
        for (var at = 0; at < head; at++) Refused(Changed(file, at));
        for (var i = 0; i < 50; i++) Refused(Changed(file, Random.Shared.Next(head, file.Length)));
        // The last character of the head's code has two bits that carry nothing.
        Refused([.. file[..(head - 18)], (byte)Alphabet[Alphabet.IndexOf((char)file[head - 18], StringComparison.Ordinal) + 1], .. file[(head - 17)..]]);
        Refused(file[..^1]);
        Refused(file[..(head + Chunk + 16)]);
        Refused(file[..head]);
        Refused([.. file, 0]);
        // Chunks that change places.
        Refused([.. file[..head], .. file[(head + Chunk + 16)..], .. file[head..(head + Chunk + 16)]]);
        // More work than anybody should do for a file.
        Refused(Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(file, 0, head).Replace(" 4\n", " 40\n", StringComparison.Ordinal)));
    }

    private static void Refused(byte[] file) => Assert.Throws<BackupException>(() => Open(file, Phrase));

    private static byte[] Changed(byte[] file, int at)
    {
        byte[] changed = [.. file];
        changed[at] ^= 1;
        return changed;
    }

    private static byte[] Seal(byte[] plain)
    {
        using var file = new MemoryStream();
        using var writer = AgeStream.Writer(file, AgeHeader.Write(file, Phrase, workFactor: 4));
        writer.Write(plain);
        writer.Finish();
        return file.ToArray();
    }

    private static byte[] Open(byte[] file, Secret passphrase)
    {
        using var input = new MemoryStream(file);
        using var reader = AgeStream.Reader(input, AgeHeader.Read(input, passphrase));
        using var plain = new MemoryStream();
        reader.CopyTo(plain);
        return plain.ToArray();
    }

    private static int HeaderBytes(byte[] file) => file.AsSpan().IndexOf("\n--- "u8) is var last ? last + 1 + file.AsSpan(last + 1).IndexOf((byte)'\n') + 1 + 16 : 0;
}
