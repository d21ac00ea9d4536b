using System.Security.Cryptography;

namespace Heldar.Contracts.Evidence;

/// <summary>
/// Merkle tree hash of RFC 6962 §2.1 with SHA-256: leaf = H(0x00 ‖ d), node = H(0x01 ‖ left ‖ right), split at the largest power of two below n.
/// In a segment the leaves are the 32-byte SHA-256 digests of its header and of each fragment, in file order.
/// </summary>
public static class MerkleTree
{
    /// <summary>The root over the leaves; SHA-256 of nothing for an empty list.</summary>
    public static byte[] Root(IReadOnlyList<byte[]> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        return leaves.Count == 0 ? SHA256.HashData([]) : Subtree(leaves, 0, leaves.Count);
    }

    private static byte[] Subtree(IReadOnlyList<byte[]> leaves, int from, int count)
    {
        if (count == 1) return SHA256.HashData([0, .. leaves[from]]);
        var split = 1;
        while (split * 2 < count) split *= 2;
        return SHA256.HashData([1, .. Subtree(leaves, from, split), .. Subtree(leaves, from + split, count - split)]);
    }
}
