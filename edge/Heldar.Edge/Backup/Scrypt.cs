using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Heldar.Edge.Backup;

/// <summary>scrypt (RFC 7914): makes a key from a passphrase at a price in memory and time that guessing has to pay as well. Pure.</summary>
internal static class Scrypt
{
    private const int BlockBytes = 64;

    /// <param name="passphrase">What people typed, as UTF-8.</param>
    /// <param name="salt">Random, stored beside what is encrypted.</param>
    /// <param name="logN">Work factor: 2^logN rounds; memory is 128 × r × 2^logN bytes.</param>
    /// <param name="r">Block size.</param>
    /// <param name="p">Parallel lanes, run one after the other.</param>
    /// <param name="bytes">Length of the key.</param>
    public static byte[] Derive(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int logN, int r, int p, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(logN, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(logN, 22);
        var lane = 2 * r * BlockBytes;
        var blocks = Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, 1, HashAlgorithmName.SHA256, p * lane);
        for (var i = 0; i < p; i++) Mix(blocks.AsSpan(i * lane, lane), 1 << logN, r);
        return Rfc2898DeriveBytes.Pbkdf2(passphrase, blocks, 1, HashAlgorithmName.SHA256, bytes);
    }

    private static void Mix(Span<byte> lane, int n, int r)
    {
        var words = 32 * r;
        var x = new uint[words];
        var y = new uint[words];
        for (var i = 0; i < words; i++) x[i] = BinaryPrimitives.ReadUInt32LittleEndian(lane[(4 * i)..]);
        var table = new uint[(long)n * words];
        for (var i = 0; i < n; i++)
        {
            x.CopyTo(table.AsSpan(i * words, words));
            BlockMix(x, y, r);
            (x, y) = (y, x);
        }

        for (var i = 0; i < n; i++)
        {
            var j = (int)(x[words - 16] & (uint)(n - 1));
            var row = table.AsSpan(j * words, words);
            for (var k = 0; k < words; k++) x[k] ^= row[k];
            BlockMix(x, y, r);
            (x, y) = (y, x);
        }

        for (var i = 0; i < words; i++) BinaryPrimitives.WriteUInt32LittleEndian(lane[(4 * i)..], x[i]);
    }

    private static void BlockMix(uint[] from, uint[] to, int r)
    {
        Span<uint> x = stackalloc uint[16];
        from.AsSpan(((2 * r) - 1) * 16, 16).CopyTo(x);
        for (var i = 0; i < 2 * r; i++)
        {
            for (var k = 0; k < 16; k++) x[k] ^= from[(16 * i) + k];
            Salsa(x);
            // Even blocks first, then the odd ones.
            x.CopyTo(to.AsSpan(((i / 2) + (i % 2 * r)) * 16, 16));
        }
    }

    /// <summary>Salsa20/8.</summary>
    private static void Salsa(Span<uint> block)
    {
        Span<uint> x = stackalloc uint[16];
        block.CopyTo(x);
        for (var round = 0; round < 8; round += 2)
        {
            Quarter(x, 0, 4, 8, 12);
            Quarter(x, 5, 9, 13, 1);
            Quarter(x, 10, 14, 2, 6);
            Quarter(x, 15, 3, 7, 11);
            Quarter(x, 0, 1, 2, 3);
            Quarter(x, 5, 6, 7, 4);
            Quarter(x, 10, 11, 8, 9);
            Quarter(x, 15, 12, 13, 14);
        }

        for (var i = 0; i < 16; i++) block[i] += x[i];
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        x[b] ^= BitOperations.RotateLeft(x[a] + x[d], 7);
        x[c] ^= BitOperations.RotateLeft(x[b] + x[a], 9);
        x[d] ^= BitOperations.RotateLeft(x[c] + x[b], 13);
        x[a] ^= BitOperations.RotateLeft(x[d] + x[c], 18);
    }
}
