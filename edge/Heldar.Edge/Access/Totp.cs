using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>Time-based one-time codes (RFC 6238 over RFC 4226): HMAC-SHA-1, steps of 30 s, 6 digits, as authenticator apps make them.</summary>
internal static class Totp
{
    public const int SecretBytes = 20;
    private const int StepSeconds = 30;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static long StepAt(Instant at) => at.ToUnixTimeSeconds() / StepSeconds;

    /// <summary>The code of a step.</summary>
    public static string Code(byte[] secret, long step, int digits = 6)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6238 as authenticator apps do it; HMAC does not rest on the collisions of SHA-1.
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadUInt32BigEndian(mac[(mac[^1] & 0x0F)..]) & 0x7FFF_FFFF;
        return (number % (uint)Math.Pow(10, digits)).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>The step that a code belongs to: now, the one before or the one after, but none up to <paramref name="used"/>. Null when it fits none.</summary>
    public static long? Match(byte[] secret, string code, Instant now, long used)
    {
        long? fits = null;
        var typed = Encoding.UTF8.GetBytes(code);
        for (var step = StepAt(now) - 1; step <= StepAt(now) + 1; step++)
            if (CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Code(secret, step)), typed) && step > used) fits ??= step;
        return fits;
    }

    /// <summary>RFC 4648 base 32 without padding, as apps take it.</summary>
    public static string ToBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        for (var bit = 0; bit < bytes.Length * 8; bit += 5)
        {
            var pair = (bytes[bit / 8] << 8) | (bit / 8 + 1 < bytes.Length ? bytes[(bit / 8) + 1] : 0);
            text.Append(Base32[(pair >> (11 - (bit % 8))) & 31]);
        }

        return text.ToString();
    }

    /// <summary>The address that apps read from a QR code.</summary>
    public static string Address(string box, string user, byte[] secret) =>
        $"otpauth://totp/{Uri.EscapeDataString(box)}:{Uri.EscapeDataString(user)}?secret={ToBase32(secret)}&issuer={Uri.EscapeDataString(box)}&algorithm=SHA1&digits=6&period={StepSeconds}";
}
