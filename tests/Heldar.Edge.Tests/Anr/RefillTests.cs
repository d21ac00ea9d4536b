using System.Buffers.Binary;
using Heldar.Contracts.Events;
using Heldar.Edge.Anr;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recorder;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Codecs;
using Heldar.Media.Ingest;
using Heldar.Media.Mp4;
using Heldar.Media.Replay;
using Heldar.Media.Streams;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Ingest;
using Heldar.Media.Tests.Mp4;
using Heldar.Media.Tests.Rtp;
using NodaTime;

namespace Heldar.Edge.Tests.Anr;

/// <summary>A film that is recorded live but for a hole, which its camera replays. Pictures are compared one by one with the film.</summary>
public sealed class RefillTests : IAsyncLifetime
{
    private const int Breaks = 80;
    private const int Returns = 150;
    private static readonly CameraIdentity Camera = new(Guid.Parse("01938e20-0000-7000-8000-0000000000ab"), "gate");
    private readonly RecordingFixture _box = new();
    private readonly TemporaryFolder _folder = new();
    private Instant _begin;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("-c:v libx264 -g 50 -bf 0", 0)]
    [InlineData("-c:v libx264 -g 50 -bf 2 -x264-params scenecut=0:open-gop=0", 0)]
    [InlineData("-c:v libx265 -x265-params log-level=error:keyint=50:min-keyint=50:scenecut=0:bframes=0 -tag:v hvc1", 3600)]
    public async Task EveryPictureIsThereOnce_WhateverTheCamerasClock(string encoder, int clockAhead)
    {
        var film = await Clip.EncodeAsync(_folder.Path, encoder, 200);
        var hole = await RecordAsync(film);
        await using var camera = Replaying(film, Duration.FromSeconds(clockAhead));
        // The box believes that the clocks agree within a second: the pictures know better.
        var result = await RefillAsync(camera, hole, Duration.FromSeconds(clockAhead + 0.7));

        Assert.Null(result.Error);
        Assert.Equal([hole], result.Taken);
        var segments = await SegmentsAsync(s => s.Count(x => x.Data.Provenance is not null) > 1);
        Assert.Equal(film.Frames.Select(f => PictureDigest.Of(film.Format.Codec, f.Bytes)), Digests(segments, film.Format.Codec));
        Assert.All(segments.Zip(segments.Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Start, "footage overlaps"));
        Assert.All(segments, s => Assert.Equal(s.Start >= hole.Start && s.Start < hole.End ? ("refilled", FootageProvenance.Camera) : ("closed", (FootageProvenance?)null), (s.Data.Reason, s.Data.Provenance)));
        // The first one continues a group of pictures, the next begins one.
        var back = segments.Where(s => s.Data.Provenance is not null).ToList();
        Assert.Equal(Enumerable.Range(Breaks, 200 - Breaks).First(i => film.Frames[i].Key) - Breaks, back[0].Data.Frames);
        Assert.Equal((hole.End - hole.Start).TotalSeconds, (await _box.Index.ForeignAsync(Camera.Uid, hole.Start - Duration.FromHours(1), hole.End + Duration.FromHours(1), Cancellation)).Sum(s => (s.End - s.Start).TotalSeconds), 0.01);
    }

    [Fact]
    public async Task LostDatabase_KnowsFromTheSealLogWhatCameFromTheCamera()
    {
        var film = await Clip.EncodeAsync(_folder.Path, "-c:v libx264 -g 50 -bf 0", 200);
        var hole = await RecordAsync(film);
        await using (var camera = Replaying(film, Duration.Zero)) await RefillAsync(camera, hole, Duration.Zero);
        var before = await SegmentsAsync(s => s.Count(x => x.Data.Provenance is not null) > 1);
        await _box.KillAsync(loseDatabase: true);
        await _box.StartAsync();

        Assert.Equal(before.Select(s => s.Data), (await _box.SegmentsAsync(Camera.Uid)).Select(s => s.Data));
    }

    [Fact]
    public async Task OtherPictures_BeginAtAKeyframe_AndNeverOverlapLiveFootage()
    {
        var film = await Clip.EncodeAsync(_folder.Path, "-c:v libx264 -g 50 -bf 0", 200);
        var hole = await RecordAsync(film);
        var stored = await Clip.EncodeAsync(_folder.Path, "-c:v libx264 -g 25 -bf 0 -crf 40", 200);
        await using var camera = Replaying(stored, Duration.Zero);
        var result = await RefillAsync(camera, hole, Duration.Zero);

        var taken = Assert.Single(result.Taken);
        Assert.InRange((taken.Start - hole.Start).TotalSeconds, 0.7, 0.9);
        Assert.InRange((hole.End - taken.End).TotalSeconds, 0, 0.05);
        Assert.Equal(Returns - 100, result.Frames);
    }

    [Fact]
    public async Task CameraThatBreaksOff_LeavesTheRestAGap()
    {
        var film = await Clip.EncodeAsync(_folder.Path, "-c:v libx264 -g 50 -bf 0", 200);
        var hole = await RecordAsync(film);
        await using var camera = Replaying(film, Duration.Zero, frames: 120);
        var result = await RefillAsync(camera, hole, Duration.Zero, new ReplayOptions { IdleTimeout = Duration.FromMilliseconds(300) });

        Assert.Equal((StreamFailure.NoMedia, 120L - Breaks), (result.Failure, result.Frames));
        var missing = Assert.Single(GapRefiller.Missing(hole, result.Taken, []));
        Assert.Equal(((Returns - 120) * 0.04, hole.End), (Math.Round((missing.End - missing.Start).TotalSeconds, 2), missing.End));
    }

    [Fact]
    public async Task FullVolume_EndsIt_AndWhatCameStays()
    {
        var film = await Clip.EncodeAsync(_folder.Path, "-c:v libx264 -g 50 -bf 0", 200);
        var hole = await RecordAsync(film);
        await _box.Writers.DisposeAsync();
        await using var camera = Replaying(film, Duration.Zero);
        var result = await RefillAsync(camera, hole, Duration.Zero);

        Assert.Equal((StreamFailure.None, "the volume cannot keep up"), (result.Failure, result.Error));
        Assert.Empty(result.Taken);
    }

    /// <summary>Records the film but for the pictures from <see cref="Breaks"/> to <see cref="Returns"/>; answers the hole.</summary>
    private async Task<Stretch> RecordAsync(Clip film)
    {
        var recorder = _box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(2) });
        var begin = _begin = _box.Clock.Now;
        using (var feed = new Feed(recorder, _box.Pool, _box.Clock))
        {
            feed.Start(film.Format);
            feed.Play([.. film.Frames.Take(Breaks)]);
            recorder.OnLost(StreamLoss.Unreachable, "unplugged");
            var back = film.Frames[Returns].Time;
            feed.Now = begin + Duration.FromNanoseconds(back * 100_000 / 9);
            feed.Start(film.Format);
            feed.Play([.. film.Frames.Skip(Returns).Select(f => f with { Time = f.Time - back })]);
        }

        await recorder.DisposeAsync();
        var live = await SegmentsAsync(s => s.Sum(x => x.Data.Frames) == Breaks + 200 - Returns);
        var after = live.First(s => s.Start > begin + Duration.FromSeconds(5));
        return new Stretch(live.Where(s => s.Start < after.Start).Max(s => s.End), after.Start);
    }

    private async Task<RefillResult> RefillAsync(ScriptedCamera camera, Stretch hole, Duration offset, ReplayOptions? options = null)
    {
        var live = await _box.SegmentsAsync(Camera.Uid);
        var (before, after) = (live.Last(s => s.End <= hole.Start), live.First(s => s.Start >= hole.End));
        var plan = new RefillPlan(
            new StreamSource(camera.Url, null, null, Audio: false, ClockSource.Camera), hole,
            EdgePictures.Last(before.File!, before.Data.Codec), EdgePictures.First(after.File!, after.Data.Codec), offset);
        var pool = new MediaBlockPool();
        var writer = new RefillWriter(_box.Writers, Camera, hole.End, Duration.FromSeconds(2), null, new RefillPace(100_000_000, TimeProvider.System), _box.Clock);
        var result = await new Refill(plan, new ReplayClient(options ?? new ReplayOptions(), pool), writer).RunAsync(Cancellation);
        await Eventually.TrueAsync(() => pool.BytesInUse == 0, "all media is given back");
        return result;
    }

    private async Task<IReadOnlyList<Segment>> SegmentsAsync(Func<IReadOnlyList<Segment>, bool> enough)
    {
        IReadOnlyList<Segment> found = [];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var i = 0; i < 500 && !enough(found = await _box.SegmentsAsync(Camera.Uid)); i++) await timer.WaitForNextTickAsync(Cancellation);
        Assert.True(enough(found), $"{found.Count} segments");
        return found;
    }

    private static List<ulong> Digests(IReadOnlyList<Segment> segments, MediaCodec codec) => [.. segments.SelectMany(s =>
    {
        using var file = File.OpenHandle(s.File!);
        return SegmentScanner.Scan(file, Cancellation).Fragments.SelectMany(f => FragmentPictures.Read(file, f)).Select(p => PictureDigest.Of(codec, p.Bytes.Span)).ToList();
    })];

    /// <summary>A camera that has the whole film in its storage.</summary>
    private ScriptedCamera Replaying(Clip film, Duration clockAhead, int frames = int.MaxValue)
    {
        var hevc = film.Format.Codec == MediaCodec.H265;
        List<byte[]> media = [];
        foreach (var frame in film.Frames.Take(frames))
        {
            List<byte[]> nals = frame.Key ? [.. film.Format.ParameterSets.Select(s => s.ToArray())] : [];
            for (var at = 0; at < frame.Bytes.Length;)
            {
                var length = (int)BinaryPrimitives.ReadUInt32BigEndian(frame.Bytes.AsSpan(at));
                nals.Add(frame.Bytes[(at + 4)..(at + 4 + length)]);
                at += 4 + length;
            }

            var payloads = nals.SelectMany(n => n.Length <= 1400 ? [n] : hevc ? RtpBytes.HevcFragments(n, 1300) : RtpBytes.FuA(n, 1300)).ToList();
            var time = _begin + Duration.FromNanoseconds(frame.Time * 100_000 / 9) + clockAhead;
            for (var i = 0; i < payloads.Count; i++)
            {
                var packet = RtpBytes.Packet(media.Count, (uint)frame.Time, i == payloads.Count - 1, payloads[i]);
                media.Add(ScriptedCamera.Frame(0, i > 0 ? packet : [0x90, .. packet[1..12], 0xAB, 0xAC, 0, 3, .. Ntp(time), (byte)(ReferenceEquals(frame, film.Frames[^1]) ? 0x50 : 0), 0, 0, 0, .. packet[12..]]));
            }
        }

        return new ScriptedCamera { Media = () => media, Pace = TimeSpan.Zero, Description = hevc ? ScriptedCamera.Sdp.Replace("H264", "H265", StringComparison.Ordinal) : ScriptedCamera.Sdp };
    }

    private static byte[] Ntp(Instant time)
    {
        var since = time - Instant.FromUtc(1900, 1, 1, 0, 0);
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)(long)since.TotalSeconds);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), (uint)(((ulong)since.SubsecondNanoseconds << 32) / 1_000_000_000));
        return bytes;
    }
}
