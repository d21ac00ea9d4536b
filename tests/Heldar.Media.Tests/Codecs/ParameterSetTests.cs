using Heldar.Media.Codecs;
using Heldar.Media.Streams;

namespace Heldar.Media.Tests.Codecs;

public sealed class ParameterSetTests
{
    [Theory]
    [InlineData("674D4028F403C0227EF011000003000100000300321F162EA0", 1920, 1080, "avc1.4D4028")]
    [InlineData("6742C028DA01E0089F97011000000300100000 03032E48000F424001E84E4A20078C1950", 1920, 1080, "avc1.42C028")]
    public void H264Sps_GivesSizeAndCodec(string hex, int width, int height, string codec) =>
        Assert.Equal(new SpsInfo(0, width, height, codec), H264.ParseSps(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));

    [Theory]
    [InlineData(66, 40u, 30u)]
    [InlineData(100, 120u, 68u)]
    public void H264Sps_MadeByHand_GivesItsSize(int profile, uint width, uint height)
    {
        var sps = H264.ParseSps(BitWriter.H264Sps(profile, 40, width, height));
        Assert.Equal(((int)width * 16, (int)height * 16), (sps!.Width, sps.Height));
    }

    [Fact]
    public void H265Sps_GivesSizeAndCodec()
    {
        Assert.Equal(new SpsInfo(0, 1280, 720, "hvc1.1.6.L93.90"), H265.ParseSps(Nals.HevcSps720));
        Assert.Equal(new SpsInfo(0, 1918, 1078, "hvc1.1.6.L120.90"), H265.ParseSps(Nals.HevcSps1078));
    }

    [Fact]
    public void Sps_WithImpossibleSize_IsRefused() => Assert.Null(H264.ParseSps(BitWriter.H264Sps(66, 30, 100_000, 100_000)));

    [Fact]
    public void Sps_CutAnywhere_IsRefusedOrSmaller_NeverThrows()
    {
        foreach (var sps in new[] { Nals.Sps1080i, Nals.HevcSps720 })
        {
            for (var length = 0; length < sps.Length; length++)
            {
                _ = H264.ParseSps(sps.AsSpan(0, length));
                _ = H265.ParseSps(sps.AsSpan(0, length));
            }
        }
    }

    [Theory]
    [InlineData("1190", 48000, 2)]
    [InlineData("1408", 16000, 1)]
    [InlineData("1588", 8000, 1)]
    public void AacConfig_GivesRateAndChannels(string hex, int rate, int channels)
    {
        var format = AacConfig.Parse(Convert.FromHexString(hex), 0)!;
        Assert.Equal((MediaCodec.Aac, rate, channels), (format.Codec, format.SampleRate, format.Channels));
    }

    [Theory]
    [InlineData("")]
    [InlineData("11")]
    [InlineData("1780")]
    [InlineData("1180")]
    public void AacConfig_ThatMakesNoSense_IsRefused(string hex) => Assert.Null(AacConfig.Parse(Convert.FromHexString(hex), 0));
}
