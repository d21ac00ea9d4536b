using System.Buffers.Binary;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>Chance that can be repeated: the same seed and box give the same throws. Not thread-safe.</summary>
internal sealed class SimRandom(int seed, int box)
{
    private readonly Random _random = new(unchecked((seed * 1_000_003) + box));

    /// <summary>0 to <paramref name="below"/> − 1.</summary>
    public int Below(int below) => _random.Next(below);

    /// <summary>Three decimals, 0 to 1.</summary>
    public double Share() => _random.Next(1001) / 1000.0;

    /// <summary>0 to below 1, as fine as a double is.</summary>
    public double Fraction() => _random.NextDouble();

    public T Of<T>(IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    /// <summary>64 lower-case hex digits.</summary>
    public string Hash()
    {
        Span<byte> bytes = stackalloc byte[32];
        _random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>A UUIDv7 (RFC 9562 §5.7) of that time.</summary>
    public Guid Id(Instant at)
    {
        Span<byte> id = stackalloc byte[16];
        _random.NextBytes(id);
        Span<byte> time = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, at.ToUnixTimeMilliseconds() << 16);
        time[..6].CopyTo(id);
        id[6] = (byte)(0x70 | (id[6] & 0x0F));
        id[8] = (byte)(0x80 | (id[8] & 0x3F));
        return new Guid(id, bigEndian: true);
    }
}
