using Heldar.Media.Rtp;
using Heldar.Media.Streams;

namespace Heldar.Media.Tests.Rtp;

public sealed class VideoTrackTests : IDisposable
{
    private readonly MediaBlockPool _pool = new();
    private readonly CollectingSink _sink = new();
    private VideoTrack _track;
    private int _sequence = 65_530;

    public VideoTrackTests() => _track = Track(MediaCodec.H264, [Nals.Sps1080i, Nals.Pps]);

    public void Dispose()
    {
        _track.Dispose();
        Assert.Equal(0, _pool.BytesInUse);
    }

    [Fact]
    public void SingleNals_MakeOneUnit_UpToTheMarker()
    {
        Send(0, false, Nals.Sei());
        Send(0, true, Nals.Idr());
        var unit = Assert.Single(_sink.Units);
        Assert.True(unit.Key);
        Assert.Equal(RtpBytes.Sample(Nals.Sei(), Nals.Idr()), unit.Bytes);
        Assert.Equal("avc1.4D4028", Assert.Single(_sink.Formats).CodecString);
        Assert.Equal((1920, 1080), (_sink.Formats[0].Width, _sink.Formats[0].Height));
    }

    [Fact]
    public void AggregateAndFragments_GiveTheSameUnit_AcrossTheSequenceWrap()
    {
        var idr = Nals.Idr(50_000);
        Send(0, false, RtpBytes.StapA(Nals.Sps1080i, Nals.Pps, Nals.Sei()));
        var parts = RtpBytes.FuA(idr, 1300);
        for (var i = 0; i < parts.Count; i++) Send(0, i == parts.Count - 1, parts[i]);
        Assert.Equal([0, 0, 0, 20, .. Nals.Sei(), 0, 0, 0xC3, 0x50, .. idr], Assert.Single(_sink.Units).Bytes);
        Assert.Empty(_sink.Damages);
    }

    [Fact]
    public void UnitsLargerThanABlock_MoveToALargerOne()
    {
        var idr = Nals.Idr(60_000);
        for (var i = 0; i < 10; i++)
        {
            foreach (var part in RtpBytes.FuA(idr, 1400)) Send(0, false, part);
        }

        Send(0, true, Nals.Sei());
        Assert.Equal(10 * 60_004 + 24, Assert.Single(_sink.Units).Bytes.Length);
    }

    [Fact]
    public void Rest_EndsTheUnit_OfACameraWithoutMarkers()
    {
        Send(0, false, Nals.Idr());
        _track.Rest();
        // One that has not shown how it ends its units may still be sending this one.
        Assert.Empty(_sink.Units);
        Send(90_000, false, Nals.Slice());
        _track.Rest();
        Assert.Equal(2, _sink.Units.Count);
        Send(180_000, false, Nals.Slice());
        Assert.Equal(2, _sink.Units.Count);
        _track.Rest();
        Assert.Equal(3, _sink.Units.Count);
        Assert.Empty(_sink.Damages);
    }

    [Fact]
    public void Rest_LeavesAlone_WhatIsNotWhole()
    {
        Send(0, false, Nals.Idr());
        Send(90_000, false, Nals.Slice());
        Send(180_000, false, Nals.Sei());
        _track.Rest();
        Assert.Equal(2, _sink.Units.Count);
        Send(180_000, false, RtpBytes.FuA(Nals.Idr(5000), 1300)[0]);
        _track.Rest();
        Assert.Equal(2, _sink.Units.Count);
        Send(270_000, true, Nals.Slice());
        Send(360_000, false, Nals.Idr());
        _track.Rest();
        // With markers, what has none is not whole.
        Assert.Equal(2, _sink.Units.Count);
    }

    [Fact]
    public void PictureThatGoesOnAfterARest_IsDamage()
    {
        Send(0, false, Nals.Idr());
        Send(90_000, false, Nals.Slice());
        _track.Rest();
        Send(90_000, false, Nals.Slice());
        Send(180_000, false, Nals.Slice());
        Send(270_000, false, Nals.Idr());
        Send(360_000, false, Nals.Slice());
        Assert.Equal([0u, 90_000u, 270_000u], _sink.Units.Select(u => u.Timestamp));
        Assert.Single(_sink.Damages);
    }

    [Fact]
    public void MissingMarker_EndsTheUnitAtTheNextTimestamp()
    {
        Send(0, false, Nals.Idr());
        Assert.Empty(_sink.Units);
        Send(3600, false, Nals.Slice());
        Send(7200, false, Nals.Slice());
        Assert.Equal([0u, 3600u], _sink.Units.Select(u => u.Timestamp));
    }

    [Fact]
    public void MarkerOnParameterSets_DoesNotEndTheUnit()
    {
        Send(0, true, Nals.Sps1080i);
        Send(0, true, Nals.Pps);
        Send(0, true, Nals.Sei());
        Send(0, true, Nals.Idr());
        Assert.Equal(RtpBytes.Sample(Nals.Sei(), Nals.Idr()), Assert.Single(_sink.Units).Bytes);
    }

    [Fact]
    public void WithoutParameterSetsInTheDescription_TheyAreTakenInBand()
    {
        Replace(MediaCodec.H264, []);
        Send(0, true, Nals.Idr());
        Assert.Empty(_sink.Units);
        Send(3600, false, Nals.Sps480);
        Send(3600, false, Nals.Pps);
        Send(3600, true, Nals.Idr());
        Assert.Equal("FU", _sink.Order);
        Assert.Equal((640, 480), (_sink.Formats[0].Width, _sink.Formats[0].Height));
    }

    [Fact]
    public void ChangedParameterSets_AnnounceAFormatBeforeTheKeyframe()
    {
        Send(0, true, Nals.Idr());
        Send(3600, true, Nals.Slice());
        Send(7200, false, RtpBytes.StapA(Nals.Sps480, Nals.Pps));
        Send(7200, true, Nals.Idr());
        Send(10800, false, RtpBytes.StapA(Nals.Sps480, Nals.Pps));
        Send(10800, true, Nals.Idr());
        Assert.Equal("FUUFUU", _sink.Order);
        Assert.Equal(480, _sink.Formats[1].Height);
        Assert.Equal(RtpBytes.Sample(Nals.Idr()), _sink.Units[^1].Bytes);
    }

    [Fact]
    public void PpsChangedWithinAGop_StaysInTheSample_UntilTheKeyframeAnnouncesIt()
    {
        Send(0, true, Nals.Idr());
        Send(3600, false, Nals.OtherPps);
        Send(3600, true, Nals.Slice());
        Send(7200, true, Nals.Idr());
        Assert.Equal("FUUFU", _sink.Order);
        Assert.Equal(RtpBytes.Sample(Nals.OtherPps, Nals.Slice()), _sink.Units[1].Bytes);
        Assert.Equal(Nals.OtherPps, _sink.Formats[1].ParameterSets[1]);
    }

    [Fact]
    public void Gap_ReportsDamage_AndResumesAtTheNextKeyframe()
    {
        Send(0, true, Nals.Idr());
        _sequence += 3;
        Send(3600, true, Nals.Slice());
        Send(7200, true, Nals.Slice());
        Send(10800, true, Nals.Idr());
        Send(14400, true, Nals.Slice());
        Assert.Equal("FUDUU", _sink.Order);
        Assert.Equal([3], _sink.Damages);
        Assert.Equal(3, _track.Lost);
    }

    [Fact]
    public void KeyframeThatLostItsFirstSlice_IsNotPassedOn()
    {
        Send(0, true, Nals.Idr());
        _sequence++;
        Send(3600, true, Nals.Idr(first: false));
        Send(7200, true, Nals.Idr());
        Assert.Equal([0u, 7200u], _sink.Units.Select(u => u.Timestamp));
    }

    [Fact]
    public void GapWithinAFragmentedKeyframe_DropsIt()
    {
        var parts = RtpBytes.FuA(Nals.Idr(10_000), 1000);
        for (var i = 0; i < parts.Count; i++)
        {
            if (i == 4) _sequence++;
            else Send(0, i == parts.Count - 1, parts[i]);
        }

        Assert.Empty(_sink.Units);
        Send(3600, true, Nals.Idr());
        Assert.Equal(3600u, Assert.Single(_sink.Units).Timestamp);
    }

    [Fact]
    public void LateAndDuplicatePackets_AreIgnored()
    {
        Send(0, true, Nals.Idr());
        var at = _sequence;
        Send(3600, true, Nals.Slice());
        _sequence = at;
        Send(3600, true, Nals.Slice());
        _sequence = at - 20;
        Send(0, true, Nals.Slice());
        _sequence = at + 1;
        Send(7200, true, Nals.Slice());
        Assert.Equal([0u, 3600u, 7200u], _sink.Units.Select(u => u.Timestamp));
        Assert.Empty(_sink.Damages);
    }

    [Fact]
    public void SenderThatStartsItsSequenceAnew_IsFollowedAfterTwoPackets()
    {
        Send(0, true, Nals.Idr());
        _sequence = 20_000;
        Send(3600, true, Nals.Idr());
        Send(7200, true, Nals.Idr());
        Send(10800, true, Nals.Idr());
        Assert.Equal([0u, 7200u, 10800u], _sink.Units.Select(u => u.Timestamp));
    }

    [Theory]
    [InlineData("7C")]
    [InlineData("7C85")]
    [InlineData("7C0588")]
    [InlineData("18FFFF65")]
    [InlineData("180000")]
    [InlineData("18000165000A41")]
    [InlineData("1A00000100")]
    [InlineData("FC8588")]
    [InlineData("00AA")]
    [InlineData("1F00")]
    public void MalformedPayload_DamagesItsUnitOnly(string payload)
    {
        Send(0, true, Nals.Idr());
        Send(3600, true, Convert.FromHexString(payload));
        Send(7200, true, Nals.Slice());
        Send(10800, true, Nals.Idr());
        Assert.Equal([0u, 10800u], _sink.Units.Select(u => u.Timestamp));
        Assert.NotEmpty(_sink.Damages);
    }

    [Fact]
    public void OversizedUnit_IsDamage_AndMemoryStaysBounded()
    {
        Replace(MediaCodec.H264, [Nals.Sps1080i, Nals.Pps], maxBytes: 200_000);
        Send(0, true, Nals.Idr());
        var part = RtpBytes.FuA(Nals.Slice(60_000), 59_000)[0];
        Send(3600, false, part);
        for (var i = 0; i < 100; i++) Send(3600, false, [part[0], 0x01, .. part[2..]]);
        Assert.True(_pool.BytesInUse <= 512 * 1024);
        Send(7200, true, Nals.Idr());
        Assert.Equal([0u, 7200u], _sink.Units.Select(u => u.Timestamp));
    }

    [Fact]
    public void ExhaustedPool_DropsToTheNextKeyframe()
    {
        var pool = new MediaBlockPool(64 * 1024, maxBytes: 128 * 1024);
        using var track = new VideoTrack(MediaCodec.H264, 96, [Nals.Sps480, Nals.Pps], new AccessUnitBuilder(pool, 1 << 20), _sink);
        Assert.True(pool.TryRent(1, out var held));
        track.Receive(RtpBytes.Packet(1, 0, true, Nals.Idr()), 0);
        track.Receive(RtpBytes.Packet(2, 1, false, Nals.Slice(60_000)), 0);
        track.Receive(RtpBytes.Packet(3, 1, true, Nals.Slice(60_000)), 0);
        held.Release();
        track.Receive(RtpBytes.Packet(4, 2, true, Nals.Slice()), 0);
        track.Receive(RtpBytes.Packet(5, 3, true, Nals.Idr()), 0);
        Assert.Equal([0u, 3u], _sink.Units.Select(u => u.Timestamp));
        track.Dispose();
        Assert.Equal(0, pool.BytesInUse);
    }

    [Fact]
    public void Hevc_AggregatesAndFragments_GiveTheUnit()
    {
        Replace(MediaCodec.H265, []);
        var idr = Nals.HevcIdr(9000);
        Send(0, false, RtpBytes.HevcAggregate(Nals.HevcVps, Nals.HevcSps720, Nals.HevcPps));
        var parts = RtpBytes.HevcFragments(idr, 1400);
        for (var i = 0; i < parts.Count; i++) Send(0, i == parts.Count - 1, parts[i]);
        Send(3600, true, Nals.HevcSlice());
        Assert.Equal([true, false], _sink.Units.Select(u => u.Key));
        var format = Assert.Single(_sink.Formats);
        Assert.Equal((1280, 720, "hvc1.1.6.L93.90"), (format.Width, format.Height, format.CodecString));
        Assert.Equal([Nals.HevcVps, Nals.HevcSps720, Nals.HevcPps], format.ParameterSets.Select(s => s.ToArray()));
        Assert.Equal(idr, _sink.Units[0].Bytes[^idr.Length..]);
    }

    private VideoTrack Track(MediaCodec codec, IEnumerable<byte[]> sets, int maxBytes = 8 << 20) =>
        new(codec, 96, sets, new AccessUnitBuilder(_pool, maxBytes), _sink);

    private void Replace(MediaCodec codec, IEnumerable<byte[]> sets, int maxBytes = 8 << 20)
    {
        _track.Dispose();
        _track = Track(codec, sets, maxBytes);
    }

    private void Send(uint timestamp, bool marker, byte[] payload) => _track.Receive(RtpBytes.Packet(_sequence++, timestamp, marker, payload), 0);
}
