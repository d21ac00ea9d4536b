using Heldar.Media.Flac;
using Heldar.Media.Streams;
using Heldar.Media.Tests.Mp4;

namespace Heldar.Media.Tests.Flac;

/// <summary>ffmpeg decodes the FLAC to exactly what it decodes the G.711 to.</summary>
public sealed class FlacEncoderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heldar-flac-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData(MediaCodec.G711Mu, "mulaw", 160)]
    [InlineData(MediaCodec.G711Mu, "mulaw", 4096)]
    [InlineData(MediaCodec.G711A, "alaw", 160)]
    [InlineData(MediaCodec.G711A, "alaw", 16)]
    [InlineData(MediaCodec.G711A, "alaw", 1021)]
    public async Task Encode_LosesNothing(MediaCodec codec, string format, int packet)
    {
        var sound = Sound();
        var flac = new MemoryStream();
        flac.Write("fLaC"u8);
        flac.Write([0x80, 0, 0, 34]);
        flac.Write(FlacEncoder.StreamInfo(8000));
        var encoder = new FlacEncoder(codec);
        var buffer = new byte[FlacEncoder.MaxBytes(packet)];
        var whole = sound.Length / packet * packet;
        for (var at = 0; at < whole; at += packet) flac.Write(buffer.AsSpan(0, encoder.Encode(sound.AsSpan(at, packet), at, buffer)));

        var expected = await DecodeAsync(sound[..whole], $"-f {format} -ar 8000 -ac 1", "in.g711");
        var actual = await DecodeAsync(flac.ToArray(), "-err_detect crccheck+explode -f flac", "in.flac");
        Assert.Equal(whole * 2, expected.Length);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData(0, 0L)]
    [InlineData(15, 0L)]
    [InlineData(4097, 0L)]
    [InlineData(160, -1L)]
    [InlineData(160, 1L << 36)]
    public void Encode_RefusesWhatFlacCannotHold(int samples, long first) =>
        Assert.Equal(0, new FlacEncoder(MediaCodec.G711A).Encode(new byte[samples], first, new byte[FlacEncoder.MaxBytes(samples)]));

    [Fact]
    public void Encode_StaysWithinItsBound_OnNoiseAndLargeNumbers()
    {
        var encoder = new FlacEncoder(MediaCodec.G711Mu);
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var packet = new byte[random.Next(FlacEncoder.MinSamples, 600)];
            random.NextBytes(packet);
            Assert.NotEqual(0, encoder.Encode(packet, random.NextInt64(1L << 36), new byte[FlacEncoder.MaxBytes(packet.Length)]));
        }
    }

    /// <summary>All codes, silence, a tone and noise: every kind of subframe.</summary>
    private static byte[] Sound()
    {
        var random = new Random(3);
        var noise = new byte[8192];
        random.NextBytes(noise);
        var tone = Enumerable.Range(0, 40_000).Select(i => (byte)(0xD5 ^ (int)(40 * Math.Sin(i / 9.0))));
        return [.. Enumerable.Range(0, 256).Select(i => (byte)i), .. Enumerable.Repeat((byte)0xFF, 8192), .. Enumerable.Repeat((byte)0xD5, 4096), .. tone, .. noise];
    }

    private async Task<byte[]> DecodeAsync(byte[] bytes, string input, string name)
    {
        var (from, to) = (Path.Combine(_folder, name), Path.Combine(_folder, name + ".raw"));
        await File.WriteAllBytesAsync(from, bytes, TestContext.Current.CancellationToken);
        var (_, error) = await Tool.RunAsync("ffmpeg", $"-v error {input} -i \"{from}\" -f s16le \"{to}\"");
        Assert.Equal("", error);
        return await File.ReadAllBytesAsync(to, TestContext.Current.CancellationToken);
    }
}
