using System.Diagnostics;

namespace Heldar.Media.Tests.Fuzz;

/// <summary>Seeded byte mutations of valid inputs, bounded in time. A failure names the seed to repeat it.</summary>
internal static class Mutations
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(3);

    /// <summary>Feeds mutants until the time is up; at least 200.</summary>
    public static void Run(byte[][] corpus, Action<byte[]> feed)
    {
        var watch = Stopwatch.StartNew();
        for (var seed = 0; seed < 200 || watch.Elapsed < Budget; seed++)
        {
            var random = new Random(seed);
            var input = Mutate(corpus[random.Next(corpus.Length)], corpus, random);
            var started = watch.Elapsed;
            try
            {
                feed(input);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, {input.Length} bytes: {e}");
            }

            Assert.True(watch.Elapsed - started < TimeSpan.FromSeconds(2), $"seed {seed} hangs");
        }
    }

    private static byte[] Mutate(byte[] from, byte[][] corpus, Random random)
    {
        var bytes = new List<byte>(from);
        for (var times = random.Next(1, 8); times > 0; times--)
        {
            var at = bytes.Count == 0 ? 0 : random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0 when bytes.Count > 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1 when bytes.Count > 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, random.Next(Math.Min(40, bytes.Count - at + 1)));
                    break;
                case 3:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(60)));
                    break;
                case 4:
                    var other = corpus[random.Next(corpus.Length)];
                    bytes.InsertRange(at, other.Take(random.Next(other.Length + 1)).Take(4096));
                    break;
                case 5:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 6 when bytes.Count > 1:
                    (bytes[at], bytes[^1]) = (byte.MaxValue, byte.MaxValue);
                    break;
            }
        }

        return [.. bytes];
    }
}
