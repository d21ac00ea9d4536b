using System.Collections.Immutable;
using Heldar.Media.Mp4;
using Heldar.Media.Streams;
using Heldar.Media.Tests.Fuzz;

namespace Heldar.Media.Tests.Mp4;

/// <summary>Parameter sets come from cameras: a header is built or refused, and nothing else happens.</summary>
public sealed class HostileFormatTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heldar-hostile-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("-c:v libx264 -preset ultrafast")]
    [InlineData("-c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1")]
    public async Task Header_IsBuiltOrRefused_WhateverTheParameterSetsSay(string encoder)
    {
        var format = (await Clip.EncodeAsync(_folder, encoder, 5)).Format;
        var sets = format.ParameterSets.Select(s => s.ToArray()).ToArray();
        for (var which = 0; which < sets.Length; which++)
        {
            var at = which;
            Mutations.Run([sets[at]], mutant => Build(format with { ParameterSets = format.ParameterSets.SetItem(at, [.. mutant]) }));
        }
    }

    [Fact]
    public void Header_IsRefused_WithoutUsableSets()
    {
        foreach (var codec in (MediaCodec[])[MediaCodec.H264, MediaCodec.H265])
        {
            Assert.False(Build(new VideoFormat(codec, [], 320, 180, "x")));
            Assert.False(Build(new VideoFormat(codec, [ImmutableArray<byte>.Empty], 320, 180, "x")));
            Assert.False(Build(new VideoFormat(codec, [[.. new byte[70_000]]], 320, 180, "x")));
        }
    }

    private static bool Build(VideoFormat format)
    {
        try
        {
            Mp4Header.Build(SegmentBytes.Label, format, audio: null);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
