using System.Security.Cryptography;

namespace Heldar.Edge.Seals;

/// <summary>
/// Follows the chain from line to line. A log that was read from its first file begins with number 1, or behind exactly what a seal of the log itself says was pruned.
/// One caller at a time.
/// </summary>
/// <param name="whole">Read from the first file; else the first line is believed.</param>
internal sealed class SealChain(bool whole)
{
    private static readonly string Zeros = new('0', 64);
    private readonly char[] _hash = new char[64];
    private readonly List<(long Seq, string Hash, string File, int Line)> _missing = [];
    private long _seq;
    private bool _any;

    /// <summary>Where lines are missing before, and no seal says that they were pruned; complete when all was read.</summary>
    public IReadOnlyList<(long Seq, string Hash, string File, int Line)> Missing => _missing;

    /// <summary>Takes a line; answers what is wrong with its place in the chain, or null.</summary>
    public string? Take(long seq, ReadOnlySpan<char> prev, ReadOnlySpan<byte> line, string file, int number)
    {
        string? problem = null;
        if (!_any)
        {
            if (whole && (seq != 1 || !prev.SequenceEqual(Zeros))) _missing.Add((seq - 1, prev.ToString(), file, number));
        }
        else if (!prev.SequenceEqual(_hash))
        {
            problem = "the line before was changed, added or removed";
        }
        else if (seq != _seq + 1)
        {
            problem = $"number {seq} where {_seq + 1} must be";
        }

        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(line, hash);
        Convert.TryToHexStringLower(hash, _hash, out _);
        (_seq, _any) = (seq, true);
        return problem;
    }

    /// <summary>A seal says what was pruned.</summary>
    public void Take(PrunedSeal pruned) => _missing.RemoveAll(m => m.Seq == pruned.Seq && m.Hash == pruned.Hash);

    /// <summary>A file went while the log is read: the next one must be behind what was pruned.</summary>
    public void Break() => _any = false;
}
